"""Multilayer perceptron in NumPy, with the techniques of chapter 6 of *Deep Learning from Scratch*."""

from hpsearch.nn.activations import ACTIVATIONS
from hpsearch.nn.build import SIZE, check_size
from hpsearch.nn.effects import ineffective
from hpsearch.nn.fingerprints import Fingerprints
from hpsearch.nn.hyperparameters import Hyperparameters
from hpsearch.nn.initializers import INITIALIZERS
from hpsearch.nn.losses import LOSSES
from hpsearch.nn.network import Network
from hpsearch.nn.optimizers import OPTIMIZERS
from hpsearch.nn.recording import LayerRecord, record
from hpsearch.nn.schedules import SCHEDULES
from hpsearch.nn.scores import SCORES
from hpsearch.nn.streams import Streams
from hpsearch.nn.thinned import ThinnedScores, thinned_scores
from hpsearch.nn.training import Epoch, Training
from hpsearch.nn.weights import WeightSizes, weight_sizes

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "LOSSES",
    "OPTIMIZERS",
    "SCHEDULES",
    "SCORES",
    "SIZE",
    "Epoch",
    "Fingerprints",
    "Hyperparameters",
    "LayerRecord",
    "Network",
    "Streams",
    "ThinnedScores",
    "Training",
    "WeightSizes",
    "check_size",
    "ineffective",
    "record",
    "thinned_scores",
    "weight_sizes",
]
