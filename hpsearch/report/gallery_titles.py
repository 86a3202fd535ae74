"""Titles of the gallery in five languages, in its order: experiments of the chapter, then of the lecture.

To add an experiment, add a line to `CHAPTER` or `LECTURE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Titles(NamedTuple):
    """A title in English, Chinese (simplified and traditional), Japanese and Korean."""

    english: str
    simplified: str
    traditional: str
    japanese: str
    korean: str


COLUMNS: Mapping[str, Titles] = {
    "experiment": Titles("Experiment", "实验", "實驗", "実験", "실험"),
    "claim": Titles("Claim", "论断", "論點", "主張", "주장"),
    "word": Titles("Word", "结论", "結論", "判定", "판정"),
    "effect": Titles("Effect and interval", "效应与区间", "效應與區間", "効果と区間", "효과와 구간"),
}
"""Column of the table of claims → its heading."""

WORDS: Mapping[str, Titles] = {
    "holds": Titles("holds", "成立", "成立", "成り立つ", "성립함"),
    "does not hold": Titles("does not hold", "不成立", "不成立", "成り立たない", "성립하지 않음"),
    "not resolved": Titles("not resolved", "尚无定论", "尚無定論", "決着がつかない", "판가름 나지 않음"),
}
"""Word on a claim → what it is called."""

CHAPTER: Mapping[str, Titles] = {
    "optimizer-paths": Titles(
        "Paths of four optimizers",
        "四种优化器的路径",
        "四種最佳化方法的路徑",
        "四つの最適化手法の経路",
        "네 최적화 기법의 경로",
    ),
    "optimizers-mnist": Titles(
        "Four optimizers on MNIST",
        "四种优化器在 MNIST 上",
        "四種最佳化方法在 MNIST 上",
        "MNIST での四つの最適化手法",
        "MNIST에서 비교한 네 최적화 기법",
    ),
    "optimizers-tuned": Titles(
        "The same, with tuned rates",
        "学习率各自调优之后",
        "學習率各自調校之後",
        "学習率をそれぞれ調整すると",
        "학습률을 각각 조정하면",
    ),
    "zero-weights": Titles(
        "Weights that begin at zero", "从零开始的权重", "從零開始的權重", "ゼロから始まる重み", "0에서 시작하는 가중치"
    ),
    "activation-histograms": Titles(
        "Outputs of the layers", "各层输出的分布", "各層輸出的分布", "各層の出力の分布", "층별 출력의 분포"
    ),
    "initial-weights-mnist": Titles(
        "Initial weights on MNIST",
        "MNIST 上的初始权重",
        "MNIST 上的初始權重",
        "MNIST での重みの初期値",
        "MNIST에서의 가중치 초깃값",
    ),
    "batch-norm": Titles("Batch normalisation", "批量归一化", "批次正規化", "バッチ正規化", "배치 정규화"),
    "overfitting": Titles("Overfitting", "过拟合", "過度擬合", "過学習", "과대적합"),
    "weight-decay": Titles("Weight decay", "权重衰减", "權重衰減", "荷重減衰", "가중치 감소"),
    "dropout": Titles("Dropout", "随机失活", "隨機丟棄", "ドロップアウト", "드롭아웃"),
    "hyperparameters-mnist": Titles("A random search", "随机搜索", "隨機搜尋", "ランダムサーチ", "무작위 탐색"),
    "hyperparameters-narrowed": Titles(
        "The search in narrowed ranges", "缩小范围再搜索", "縮小範圍再搜尋", "範囲を絞った探索", "범위를 좁힌 탐색"
    ),
    "strategies-mnist": Titles(
        "Three ways to search", "三种搜索方式", "三種搜尋方式", "三つの探索方法", "세 가지 탐색 방법"
    ),
}
"""Study of the chapter → its titles."""

LECTURE: Mapping[str, Titles] = {
    "vanishing-gradient": Titles("Vanishing gradients", "梯度消失", "梯度消失", "勾配消失", "기울기 소실"),
    "depth-is-not-overfitting": Titles(
        "56 layers against 20", "56 层对 20 层", "56 層對 20 層", "56 層と 20 層", "56층과 20층"
    ),
    "activations-mnist": Titles(
        "Eight activations", "八种激活函数", "八種激活函數", "八つの活性化関数", "여덟 가지 활성화 함수"
    ),
    "maxout": Titles("Maxout", "Maxout 激活", "Maxout 激活", "マックスアウト", "맥스아웃"),
    "rmsprop": Titles(
        "RMSProp and AdaGrad", "RMSProp 与 AdaGrad", "RMSProp 與 AdaGrad", "RMSProp と AdaGrad", "RMSProp과 AdaGrad"
    ),
    "momentum-escapes": Titles(
        "Momentum leaves the plateau",
        "动量越过高原",
        "動量越過高原",
        "慣性で平原を抜ける",
        "모멘텀으로 고원을 벗어나기",
    ),
    "early-stopping": Titles("Early stopping", "提前停止", "提早停止", "早期終了", "조기 종료"),
    "l1-l2": Titles("L1 and L2", "L1 与 L2", "L1 與 L2", "L1 と L2", "L1과 L2"),
    "standardization": Titles("Standardised inputs", "输入的标准化", "輸入的標準化", "入力の標準化", "입력 표준화"),
    "batch-size": Titles("Sizes of the batch", "批量大小", "批次大小", "バッチの大きさ", "배치 크기"),
    "learning-rate-decay": Titles(
        "Learning rates that fall", "逐渐减小的学习率", "逐漸減小的學習率", "下がっていく学習率", "점점 줄어드는 학습률"
    ),
    "recipe": Titles("Training rows first", "先看训练数据", "先看訓練資料", "まず訓練データから", "훈련 데이터부터"),
    "fizzbuzz": Titles(
        "FizzBuzz by a network",
        "用网络学 FizzBuzz",
        "用網路學 FizzBuzz",
        "ネットワークで FizzBuzz",
        "신경망으로 푸는 FizzBuzz",
    ),
}
"""Study of the lecture → its titles."""

GROUPS: Mapping[Titles, Mapping[str, Titles]] = {
    Titles("The chapter", "书中的一章", "書中的一章", "本の一章", "책의 한 장"): CHAPTER,
    Titles("The lecture", "一堂课", "一堂課", "ある講義", "한 강의"): LECTURE,
}
"""Title of a table of claims → the experiments in it."""
