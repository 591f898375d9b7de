# The public names: the package loads each from here when it is used, and editors and mypy read them here.
# One line for each, in both lists.
from .api.aggregation import aggregate as aggregate
from .api.audio import describe as describe
from .api.audio import features as features
from .api.comparison import Comparison as Comparison
from .api.evaluation import compare as compare
from .api.evaluation import evaluate as evaluate
from .api.evaluation_result import EvaluationResult as EvaluationResult
from .api.extension import feature as feature
from .api.extension import register_model as register_model
from .api.extraction import extract as extract
from .api.fitting import fit as fit
from .api.label_result import LabelsResult as LabelsResult
from .api.library import LibraryAnswers as LibraryAnswers
from .api.library import restore_tags as restore_tags
from .api.loading import explain as explain
from .api.loading import load_model as load_model
from .api.loading import pretrained as pretrained
from .api.model import Model as Model
from .api.music import synthesise as synthesise
from .api.reading import read_table as read_table
from .api.results import Explanation as Explanation
from .api.results import Prediction as Prediction
from .api.table import Table as Table
from .api.transformer import AudioFeatures as AudioFeatures
from .datasets.splitters import ArtistKFold as ArtistKFold
from .datasets.splitters import FaultFiltered as FaultFiltered
from .datasets.splitters import LeakedSegments as LeakedSegments
from .datasets.splitters import TrackKFold as TrackKFold
from .errors import GtzanError as GtzanError
from .errors import GtzanWarning as GtzanWarning
from .models.calibration import Tempered as Tempered
from .models.choosing.ensemble import Ensemble as Ensemble
from .models.estimators.discriminant import ShrinkageLDA as ShrinkageLDA
from .models.estimators.kernel_svm import KernelSVM as KernelSVM
from .models.estimators.preprocessing import FamilyBalance as FamilyBalance
from .models.estimators.preprocessing import RankNormal as RankNormal

__all__ = [
    "ArtistKFold",
    "AudioFeatures",
    "Comparison",
    "Ensemble",
    "EvaluationResult",
    "Explanation",
    "FamilyBalance",
    "FaultFiltered",
    "GtzanError",
    "GtzanWarning",
    "KernelSVM",
    "LabelsResult",
    "LeakedSegments",
    "LibraryAnswers",
    "Model",
    "Prediction",
    "RankNormal",
    "ShrinkageLDA",
    "Table",
    "Tempered",
    "TrackKFold",
    "aggregate",
    "compare",
    "describe",
    "evaluate",
    "explain",
    "extract",
    "feature",
    "features",
    "fit",
    "load_model",
    "pretrained",
    "read_table",
    "register_model",
    "restore_tags",
    "synthesise",
]

__version__: str
