"""A light synthesizer as a command: adversarial random forests (arfpy, MIT; Watson et al. 2023,
AISTATS), trained on --in, written to --out. Used by generator.sh."""

import argparse
import contextlib
import os

import numpy as np
import pandas as pd
from arfpy import arf


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--in", dest="train", required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    np.random.seed(arguments.seed)

    real = pd.read_csv(arguments.train, dtype={"sex": str, "mgus": str, "death": str})
    numbers = [name for name in real if pd.api.types.is_numeric_dtype(real[name])]
    whole = [name for name in numbers if (real[name].dropna() % 1 == 0).all()]
    # arfpy knows no missing values: a category of its own, a median for numbers.
    for name in real:
        filling = real[name].median() if name in numbers else "missing"
        real[name] = real[name].fillna(filling)

    with open(os.devnull, "w") as silence, contextlib.redirect_stdout(silence):
        forest = arf.arf(x=real, num_trees=5, min_node_size=10, max_iters=2,
                         random_state=arguments.seed, n_jobs=1)
        forest.forde()
        made = forest.forge(n=arguments.rows)

    for name in numbers:
        values = made[name].astype(float).clip(real[name].min(), real[name].max())
        made[name] = values.round().astype(int) if name in whole else values.round(3)
    made[list(real)].replace("missing", "").to_csv(arguments.out, index=False)


main()
