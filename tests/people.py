"""A table with each kind of column and missing values, and its preparation made of scikit-learn's parts."""

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

PARTS = ["year", "month", "day", "weekday", "days"]
ROLES = {"categories": ["zip"], "ignore": ["id"]}


def people(rows=400, seed=0):
    """A table with each kind of column, and missing values in most; "kind" depends on the age."""
    rng = np.random.default_rng(seed)

    def gaps(values, share):
        return pd.Series(values, dtype=object).where(rng.random(rows) >= share, None)

    age = rng.normal(40, 12, rows).round(1)
    return pd.DataFrame(
        {
            "id": range(rows),
            "colour": gaps(rng.choice(["red", "blue", "grey"], rows), 0.1),
            "age": gaps(age, 0.2).astype(float),
            "size": rng.normal(size=rows),
            "open": gaps(rng.random(rows) < 0.7, 0.1),
            "joined": gaps(pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 999, rows), "D"), 0.05),
            "zip": rng.integers(8000, 8160, rows),
            "kind": np.where(age + 5 * rng.normal(size=rows) > 40, "old", "young"),
        }
    )


def preparation_by_hand(imputation="median"):
    """Return the preparation as a transformer of `for_hand`: numbers first, then indicators, then categories."""
    texts = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing"),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    codes = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=100, sparse_output=False)
    return ColumnTransformer(
        [
            ("numbers", SimpleImputer(strategy=imputation), ["age", "size"]),
            ("open", SimpleImputer(strategy="most_frequent"), ["open"]),
            ("dates", SimpleImputer(strategy=imputation), PARTS),
            ("missing", "passthrough", ["age=missing", "open=missing", "joined=missing"]),
            ("texts", texts, ["colour"]),
            ("codes", codes, ["zip"]),
        ]
    )


def for_hand(frame):
    """Return the table with the parts of its dates and columns that say what is missing, as scikit-learn takes it."""
    dates = frame["joined"].astype("datetime64[ns]")
    missing = {f"{name}=missing": frame[name].isna().astype(float) for name in ("age", "open", "joined")}
    parts = {part: getattr(dates.dt, part).astype(float) for part in PARTS[:3]}
    parts |= {"weekday": dates.dt.day_of_week.astype(float), "days": (dates - pd.Timestamp(0)).dt.days}
    colour = frame["colour"].astype(object).where(frame["colour"].notna(), np.nan)
    return frame.assign(**missing, **parts, open=frame["open"].astype(float), colour=colour)
