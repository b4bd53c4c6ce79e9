"""Scikit-learn's online variational Bayes on a split that `lda --scikit PYTHON` wrote, by the same measure.

    python scikit.py DIR [--passes 10] [--batch 128] [--topics 50] [--seeds 0 1 2]

Prints for each seed, as a line of JSON, the perplexity of the second halves per token, given topic weights inferred from the first, the seconds of the fit, and the ten
first words of each topic.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.decomposition import LatentDirichletAllocation


def read(path, words):
    """Documents in the form of LDA-C, a line `terms id:count ..` each, as counts [D, V]."""
    starts, ids, counts = [0], [], []
    for line in path.read_text().splitlines():
        for term in line.split()[1:]:
            word, count = term.split(":")
            ids.append(int(word))
            counts.append(int(count))
        starts.append(len(ids))
    return csr_matrix((counts, ids, starts), shape=(len(starts) - 1, words), dtype=float)


def perplexity(model, first, second):
    """exp(-sum n_dw log(sum_k E theta_dk E beta_kw) / sum n_dw)"""
    theta = model.transform(first)  # normalized
    beta = model.components_ / model.components_.sum(axis=1, keepdims=True)
    documents, words = second.nonzero()
    share = np.einsum("nk,kn->n", theta[documents], beta[:, words])
    counts = np.asarray(second[documents, words]).ravel()
    return np.exp(-(counts * np.log(share)).sum() / counts.sum())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dir", type=Path)
    parser.add_argument("--passes", type=int, default=10)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--topics", type=int, default=50)
    parser.add_argument("--alpha", type=float, default=0.1)
    parser.add_argument("--eta", type=float, default=0.01)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    args = parser.parse_args()
    words = len((args.dir / "vocab.txt").read_text().splitlines())
    train, first, second = (read(args.dir / f"{name}.dat", words) for name in ("train", "first", "second"))
    for seed in args.seeds:
        model = LatentDirichletAllocation(
            args.topics,
            doc_topic_prior=args.alpha,
            topic_word_prior=args.eta,
            learning_method="online",
            batch_size=args.batch,
            max_iter=args.passes,
            random_state=seed,
        )
        # Its minibatches are documents in their order, and those of 20 Newsgroups stand by their groups.
        order = np.random.default_rng(seed).permutation(train.shape[0])
        start = time.perf_counter()
        model.fit(train[order])
        seconds = time.perf_counter() - start
        tops = np.argsort(-model.components_, axis=1)[:, :10].tolist()
        row = {"seed": seed, "perplexity": perplexity(model, first, second), "seconds": seconds, "tops": tops}
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
