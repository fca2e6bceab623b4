"""Where the levels of a series change. One file per method; `pooling` turns their answers into what people read."""
