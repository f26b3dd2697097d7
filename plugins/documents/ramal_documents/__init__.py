"""Brazilian business documents: boletos, PIX codes, money and dates in words.

`boleto`, `pix`, `money`, `ids`, `dates` and `sheet` are a library of their own: they import neither Flask nor the
core, open no database and know no organization.
"""
