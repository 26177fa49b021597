"""The first ids of every vocabulary. A text model emits EOS only if it decides the end of its output by itself."""

PAD, BOS, EOS, UNK = 0, 1, 2, 3
SPECIAL_TOKENS = ("<pad>", "<bos>", "<eos>", "<unk>")
