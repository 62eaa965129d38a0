"""The product: one package per aggregate, each opened by its wire nouns."""
