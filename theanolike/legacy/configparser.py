"""Theano's `configparser`: imports only."""

from theanolike.config import Config as TheanoConfigParser
from theanolike.config import change_flags, config
from theanolike.config_params import (
    AddConfigVar,
    BoolParam,
    ConfigParam,
    EnumStr,
    FloatParam,
    IntParam,
    StrParam,
    TypedParam,
    fetch_val_for_key,
    get_config_hash,
    parse_config_string,
)
from theanolike.errors import ConfigWarning as TheanoConfigWarning
from theanolike.pending import pending_names

__all__ = [
    "AddConfigVar",
    "BoolParam",
    "ConfigParam",
    "EnumStr",
    "FloatParam",
    "IntParam",
    "StrParam",
    "TheanoConfigParser",
    "TheanoConfigWarning",
    "TypedParam",
    "change_flags",
    "config",
    "fetch_val_for_key",
    "get_config_hash",
    "parse_config_string",
]

__getattr__ = pending_names(__name__)
