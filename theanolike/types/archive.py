"""Zip archives of pickles: arrays are .npy members, named after shared variables."""

import pickle
import zipfile
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from typing import IO, Any

import numpy as np

from theanolike.types.shared import SharedVariable

DEFAULT_PROTOCOL = 2

Identify = Callable[[Any], Any]


class PersistentNdarrayID:
    """Write each array that is pickled as a member `array_0`, `array_1`...

    Parameters
    ----------
    zip_file : zipfile.ZipFile
    """

    def __init__(self, zip_file: zipfile.ZipFile) -> None:
        self.zip_file = zip_file
        self.count = 0
        self._seen: dict[int, tuple[str, Any]] = {}

    def __call__(self, obj: Any) -> str | None:
        """Return the member that holds `obj`, None for what is no array."""
        if type(obj) is not np.ndarray:
            return None
        if id(obj) not in self._seen:
            self._seen[id(obj)] = self._member(obj), obj
            with self.zip_file.open(self._seen[id(obj)][0], "w") as member:
                np.lib.format.write_array(member, obj)
        return self._seen[id(obj)][0]

    def _member(self, _array: Any) -> str:
        self.count += 1
        return f"array_{self.count - 1}"


class PersistentSharedVariableID(PersistentNdarrayID):
    """Write the values of shared variables under the variables' names.

    Parameters
    ----------
    zip_file : zipfile.ZipFile
    allow_unnamed : bool
        Number what has no name, rather than raise ValueError.
    allow_duplicates : bool
        Number a name's later uses (`w`, `w_2`), rather than raise ValueError.
    """

    def __init__(
        self,
        zip_file: zipfile.ZipFile,
        allow_unnamed: bool = True,
        allow_duplicates: bool = True,
    ) -> None:
        super().__init__(zip_file)
        self.allow_unnamed = allow_unnamed
        self.allow_duplicates = allow_duplicates
        self._uses: Counter[str] = Counter()
        self._names: dict[int, tuple[str, Any]] = {}

    def __call__(self, obj: Any) -> str | None:
        """Return the member that holds `obj`, None for what is no array."""
        if isinstance(obj, SharedVariable):
            self._note(obj)
        return super().__call__(obj)

    def _note(self, shared: SharedVariable) -> None:
        value = shared.container.cell.value
        if id(value) in self._names:
            return
        name = shared.name
        if not name:
            if not self.allow_unnamed:
                raise ValueError(f"Expected a name, got none for {shared}; name it.")
            return
        if name == "pkl":
            raise ValueError(
                'A shared variable is named "pkl", as the pickle itself; rename it.'
            )
        self._uses[name] += 1
        if self._uses[name] > 1 and not self.allow_duplicates:
            raise ValueError(
                f"Two shared variables are named {name!r}; rename one of them."
            )
        number = self._uses[name]
        self._names[id(value)] = (name if number == 1 else f"{name}_{number}"), value

    def _member(self, array: Any) -> str:
        found = self._names.get(id(array))
        return found[0] if found is not None else super()._member(array)


class PersistentNdarrayLoad:
    """Read the members that the classes above wrote."""

    def __init__(self, zip_file: zipfile.ZipFile) -> None:
        self.zip_file = zip_file
        self._read: dict[str, Any] = {}

    def __call__(self, persid: str) -> Any:
        """Return the array of a member; one array a member."""
        if persid not in self._read:
            with self.zip_file.open(persid) as member:
                self._read[persid] = np.lib.format.read_array(member)
        return self._read[persid]


def dump(
    obj: Any,
    file_handler: IO[bytes],
    protocol: int = DEFAULT_PROTOCOL,
    persistent_id: Callable[[zipfile.ZipFile], Identify] = PersistentSharedVariableID,
) -> None:
    """Pickle `obj` into a zip archive, its arrays apart.

    Parameters
    ----------
    obj : object
    file_handler : binary file
    protocol : int
    persistent_id : callable
        Given the archive, returns what decides where an object is stored.
    """
    buffer = BytesIO()
    with zipfile.ZipFile(file_handler, "w", zipfile.ZIP_DEFLATED) as archive:
        identify = persistent_id(archive)

        class Pickler(pickle.Pickler):
            def persistent_id(self, obj: Any) -> Any:
                return identify(obj)

        Pickler(buffer, protocol).dump(obj)
        archive.writestr("pkl", buffer.getvalue())


def load(
    f: IO[bytes],
    persistent_load: Callable[[zipfile.ZipFile], Identify] = PersistentNdarrayLoad,
) -> Any:
    """Return what `dump` wrote. As with any pickle, the file may run code."""
    with zipfile.ZipFile(f, "r") as archive:
        find = persistent_load(archive)

        class Unpickler(pickle.Unpickler):
            def persistent_load(self, pid: Any) -> Any:
                return find(pid)

        return Unpickler(BytesIO(archive.read("pkl"))).load()
