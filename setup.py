"""The one compiled module; everything else about the build is in pyproject.toml."""

import tomllib
from glob import glob
from pathlib import Path

import numpy as np
from pybind11.setup_helpers import Pybind11Extension, build_ext
from setuptools import setup

project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]

setup(
    ext_modules=[
        Pybind11Extension(
            "theanolike._runtime",
            sorted(glob("theanolike/runtime/*.cpp")),
            include_dirs=["codegen/include", "theanolike/runtime", np.get_include()],
            define_macros=[("THEANOLIKE_VERSION", f'"{project["version"]}"')],
            depends=[
                *glob("codegen/include/theanolike/*.h"),
                *glob("theanolike/runtime/*.h"),
            ],
            cxx_std=17,
        )
    ],
    cmdclass={"build_ext": build_ext},
)
