"""Measures whether changed faces are told from copied ones beside their original.

`clips` lays out what is compared, `forgeries` makes what no collection has, `measuring` compares,
`page` writes what came of it.
"""
