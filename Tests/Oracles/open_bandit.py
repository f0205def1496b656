"""Open Bandit Pipeline's estimators, for the oracles that hold ours against them."""

import importlib
import importlib.util
import sys
import types

import numpy as np


def without(name, **members):
    try:
        __import__(name)
    except ImportError:
        module = types.ModuleType(name)
        for member, value in members.items():
            setattr(module, member, value)
        sys.modules[name] = module


def estimators():
    """obp.ope.estimators alone, without its package's other imports."""
    without("torch", Tensor=type("Tensor", (), {}))
    without("pandas")
    without("sklearn")
    without("sklearn.utils", check_random_state=np.random.RandomState)
    place = importlib.util.find_spec("obp").submodule_search_locations[0]
    for name in ("obp", "obp.ope"):
        package = types.ModuleType(name)
        package.__path__ = [place + name[3:].replace(".", "/")]
        sys.modules[name] = package
    return importlib.import_module("obp.ope.estimators")
