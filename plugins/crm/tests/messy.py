"""A file as somebody's old program wrote it: Windows-1252 behind a mark of UTF-8, two columns of one name."""

from __future__ import annotations

#: Row (headers included) → what is in it for the tests.
LINES = (
    "Razão Social;Nome Fantasia;CNPJ;CPF;Telefone;Telefone;E-mail;Endereço;Número;CEP;Município;UF;Etiquetas;Grupo",
    # 2 to 4: a company, a person, one whose zeros a spreadsheet lost.
    (
        "Padaria Três Irmãs Ltda;Três Irmãs;11.222.333/0001-81;;(11) 3333-4444;;a@b.com;Rua São João;10;01310-100;"
        "São Paulo;SP;Atacado, VIP;Grupo Irmãs"
    ),
    ";João da Conceição;;529.982.247-25;;11 98765-4321;joao@exemplo.com.br;;;;;;;",
    ";Ana Zero;;120279959;(21) 99876-5432;;;;;;;;;",
    # 5: a wrong CNPJ. 6: no DDD. 7: no ninth digit. 8: two numbers. 9: the same CNPJ as row 2.
    "Mercado Avenida ME;Mercado Avenida;11.222.333/0001-82;;(11) 3333-5555;;;;;;;;;",
    ";Beto Sem Área;;;98888-7777;;beto@exemplo.com.br;;;;;;;",
    ";Carla Antiga;;;(11) 8765-9999;;;;;;;;;",
    ";Davi Dois;;;(11) 98765-0001 / 11 98765-0002;;;;;;;;;",
    "Padaria Três Irmãs;;11222333000181;;;;;;;;;;;",
    # 10: several at once. 11: a person of whom nothing is known. 12: a formula for a name.
    "Vários Erros SA;Vários;1234;;ramal 12;;sem-arroba;;;123;Maceió;XX;;",
    ";;;;;;;Rua Sem Dono;1;;;;;",
    ";'=HYPERLINK(1);;;(31) 98888-1111;;;;;;;;;",
)


def messy() -> bytes:
    """The bytes."""
    return b"\xef\xbb\xbf" + "\r\n".join(LINES).encode("cp1252")
