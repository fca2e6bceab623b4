"""What series that differ in one parameter say together: which backend at which size, and how threads scale. Pure."""
