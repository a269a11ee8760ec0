"""Exact first and second neighbour: dosimeter, faiss-cpu and scikit-learn, one thread each.

The peers have no distance for categories: they search one-hot columns at half weight, under which L1
is the same distance. A peer that would take minutes is timed on a sample of the queries, and its CPU
seconds are scaled to all of them; the sample is printed.
"""

import argparse
import csv
import json
import os
import subprocess
import time
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import faiss  # noqa: E402
import numpy as np  # noqa: E402
from sklearn.neighbors import NearestNeighbors  # noqa: E402

# Pairs that a peer is given at most.
FAISS_PAIRS = 1_600_000_000
SKLEARN_PAIRS = 40_000_000


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return header, [list(column) for column in zip(*rows)]


def write(path, header, columns):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(header)
        out.writerows(zip(*columns))


def numbers(column):
    try:
        return np.array([float(cell) for cell in column])
    except ValueError:
        return None


def grown(columns, header, rows, replaced, seed):
    """Rows drawn with replacement, a share of the cells from the column's marginal, weights jittered."""
    draw = np.random.default_rng(seed)
    picked = draw.integers(0, len(columns[0]), rows)
    out = []
    for name, column in zip(header, columns):
        column = np.array(column, dtype=object)
        values = column[picked]
        chosen = draw.random(rows) < replaced
        values[chosen] = column[draw.integers(0, len(column), chosen.sum())]
        if name == "fnlwgt":
            values = [str(int(value) + int(jitter)) for value, jitter in
                      zip(values, draw.integers(-2000, 2001, rows))]
        out.append(list(values))
    return out


def one_hot(rows, queries):
    parts = [], []
    for a, b in zip(rows, queries):
        x, y = numbers(a), numbers(b)
        if x is not None and y is not None:
            low, high = min(x.min(), y.min()), max(x.max(), y.max())
            width = high - low or 1.0
            parts[0].append(((x - low) / width)[:, None])
            parts[1].append(((y - low) / width)[:, None])
        else:
            levels = {level: i for i, level in enumerate(sorted(set(a) | set(b)))}
            eye = 0.5 * np.eye(len(levels), dtype=np.float32)
            parts[0].append(eye[[levels[cell] for cell in a]])
            parts[1].append(eye[[levels[cell] for cell in b]])
    return tuple(np.ascontiguousarray(np.hstack(part), dtype=np.float32) for part in parts)


def cpu(work):
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def compare(name, search, work, rows_path, queries_path):
    out = work / "distances.bin"
    ours = json.loads(subprocess.run([search, rows_path, queries_path, out], check=True,
                                     capture_output=True, text=True).stdout)
    (_, rows), (_, queries) = read(rows_path), read(queries_path)
    near = np.fromfile(out).reshape(-1, 2) * len(rows)
    print(f"\n{name}: {ours['queries']} queries, {ours['rows']} rows, {len(rows)} columns")
    print(f"  dosimeter    {ours['cpu']:9.3f} CPU s (index {ours['build_cpu']:.3f}), "
          f"{ours['peak_mb']:.0f} MB with both tables and all results")
    real, asked = one_hot(rows, queries)
    del rows, queries
    sample = min(len(asked), max(100, FAISS_PAIRS // len(real)))
    index = faiss.IndexFlat(real.shape[1], faiss.METRIC_L1)
    index.add(real)
    spent, (found, _) = cpu(lambda: index.search(asked[:sample], 2))
    report("faiss-cpu", spent, sample, len(asked), ours["cpu"])
    wrong = np.abs(found - near[:sample]) > 1e-5
    invented = (found[:, 0] == 0) & (near[:sample, 0] > 0)
    print(f"               of {sample} queries {wrong.any(axis=1).sum()} differ by over 0.00001, "
          f"{invented.sum()} at 0 that are not")
    sample = min(len(asked), max(20, SKLEARN_PAIRS // len(real)))
    peer = NearestNeighbors(n_neighbors=2, algorithm="brute", metric="manhattan", n_jobs=1).fit(real)
    spent, _ = cpu(lambda: peer.kneighbors(asked[:sample]))
    report("scikit-learn", spent, sample, len(asked), ours["cpu"])


def compare_points(name, search, work, real, asked):
    """30 numbers by Euclidean distance; faiss works in single precision."""
    paths = work / "real.csv", work / "synthetic.csv"
    names = ",".join(f"c{i}" for i in range(real.shape[1]))
    for path, points in zip(paths, (real, asked)):
        np.savetxt(path, points, delimiter=",", header=names, comments="", fmt="%.9f")
    out = work / "distances.bin"
    ours = json.loads(subprocess.run([search, *paths, out, "--euclidean"], check=True,
                                     capture_output=True, text=True).stdout)
    print(f"\n{name}: {len(asked)} queries, {len(real)} rows, {real.shape[1]} numbers, Euclidean")
    print(f"  dosimeter    {ours['cpu']:9.3f} CPU s")
    index = faiss.IndexFlatL2(real.shape[1])
    index.add(real.astype(np.float32))
    spent, (found, _) = cpu(lambda: index.search(asked.astype(np.float32), 2))
    report("faiss-cpu", spent, len(asked), len(asked), ours["cpu"])
    near = np.fromfile(out).reshape(-1, 2)
    wrong = np.abs(np.sqrt(np.maximum(found, 0)) - near) > 1e-5
    print(f"               of {len(asked)} queries {wrong.any(axis=1).sum()} differ by over 0.00001")


def report(name, spent, sample, queries, ours):
    whole = spent * queries / sample
    print(f"  {name:12} {whole:9.2f} CPU s ({sample} queries timed): {whole / ours:,.1f} times")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--search", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("sizes", type=int, nargs="*")
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(1)
    train, release = arguments.folder / "train.csv", arguments.folder / "synthetic_ctgan.csv"
    compare("Adult", arguments.search, arguments.work, train, release)
    draw = np.random.default_rng(3)
    mixing = draw.normal(size=(6, 30))
    pair = [draw.normal(size=(n, 30)) for n in (30_000, 20_000)]
    compare_points("Independent", arguments.search, arguments.work, *pair)
    pair = [draw.normal(size=p.shape[:1] + (6,)) @ mixing + 0.3 * p for p in pair]
    compare_points("Correlated", arguments.search, arguments.work, *pair)
    header, columns = read(train)
    for size in arguments.sizes:
        real, synthetic = arguments.work / "real.csv", arguments.work / "synthetic.csv"
        write(real, header, grown(columns, header, size, 0.10, 1))
        write(synthetic, header, grown(columns, header, size, 0.15, 2))
        compare(f"Adult-like {size}", arguments.search, arguments.work, real, synthetic)


if __name__ == "__main__":
    main()
