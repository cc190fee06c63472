"""The one compiled module; everything else about the build is in pyproject.toml."""

from glob import glob

import numpy as np
from pybind11.setup_helpers import Pybind11Extension, build_ext
from setuptools import setup

setup(
    ext_modules=[
        Pybind11Extension(
            "theanolike._runtime",
            sorted(glob("theanolike/runtime/*.cpp")),
            include_dirs=["codegen/include", "theanolike/runtime", np.get_include()],
            depends=[
                *glob("codegen/include/theanolike/*.h"),
                *glob("theanolike/runtime/*.h"),
            ],
            cxx_std=17,
        )
    ],
    cmdclass={"build_ext": build_ext},
)
