"""What pyproject.toml cannot say: the pages about the pitfalls, kept in docs/, are installed beside the code.

`stallhorn pitfalls` and the site's help read them (src/stallhorn/report/handbook.py). An editable install reads docs/.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PAGES = Path("docs/pitfalls")


class WithHandbook(build_py):
    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for source, target in self._handbook().items():
                self.mkpath(str(Path(target).parent))
                self.copy_file(source, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), *self._handbook().values()]

    def _handbook(self) -> dict[str, str]:
        folder = Path(self.build_lib, "stallhorn", "handbook")
        return {str(page): str(folder / page.name) for page in sorted(PAGES.glob("*.md")) if page.stem != "README"}


setup(cmdclass={"build_py": WithHandbook})
