# ruff: noqa: E501 - templates read better on one line
"""The language of templates: what it writes, how it numbers, what it refuses; the check before a template is kept."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup, escape

from ramal_documents import spelling
from ramal_documents.contracts import language, stops
from ramal_documents.contracts.checks import Problem, check
from ramal_documents.contracts.declared import parse
from ramal_documents.contracts.language import fill
from ramal_documents.contracts.starters import starter, starters
from ramal_documents.contracts.stops import Stop

ROWS = [
    {"vencimento": date(2026, 12, 10), "valor": Decimal("10.00")},
    {"vencimento": date(2027, 1, 10), "valor": Decimal("20.50")},
]
DATA: dict[str, Any] = {
    "v": Decimal("1234.50"),
    "n": 21,
    "d": date(2026, 11, 22),
    "cnpj": "12ABC34501DE35",
    "fone": "+5511912345678",
    "nada": None,
    "sim": True,
    "texto": "a & <b>\nc\n\nd",
    "end": {"street": "Rua A", "number": "1", "city": "Campinas", "state": "SP", "postal_code": "13000000"},
    "rows": ROWS,
}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ v|moeda }}", "R$\u00a01.234,50"),
        ("{{ v|extenso }}", "mil duzentos e trinta e quatro reais e cinquenta centavos"),
        ("{{ 100|moeda_extenso }}", "R$\u00a0100,00 (cem reais)"),
        ("{{ n|extenso }} {{ n|extenso(feminino=true) }}", "vinte e um vinte e uma"),
        ("{{ d|extenso }}", "vinte e dois de novembro de dois mil e vinte e seis"),
        ("{{ d|data }} {{ d }}", "22/11/2026 22/11/2026"),
        (
            "{{ d|data_extenso }}|{{ d|data_extenso('São Paulo') }}",
            "22 de novembro de 2026|São Paulo, 22 de novembro de 2026",
        ),
        ("{{ cnpj|cpf_cnpj }}", "12.ABC.345/01DE-35"),
        ("{{ fone|telefone }} {{ '+351912345678'|telefone }}", "(11) 91234-5678 +351912345678"),
        ("{{ n|ordinal }} {{ 2|ordinal(feminino=true) }}", "vigésimo primeiro segunda"),
        ("{{ end|endereco }}", "Rua A, 1, Campinas/SP, CEP\u00a013000-000"),
        ("{{ 'Rua B'|endereco }} {{ '1'|cep }}", "Rua B 1"),
        ("{{ v }} {{ n }} {{ 1234567 }} {{ sim }} {{ not sim }}", "1.234,50 21 1234567 sim não"),
        ("{{ v / 100000 }}|{{ 2|percentual }}|{{ v / 1000 }}|{{ v|numero }}", "0,012345|2%|1,2345|1.234,5"),
        ("[{{ nada }}{{ nada|moeda }}{{ nada|data }}{{ nada|extenso }}{{ ''|cpf_cnpj }}]", "[]"),
        ("{{ texto }}", "a &amp; &lt;b&gt;\nc\n\nd"),
        ("{{ texto|paragrafos }}", "<p>a &amp; &lt;b&gt;<br>c</p><p>d</p>"),
        ("{% for r in rows %}{{ loop.index }}{{ loop.cycle('x', 'y') }}{% endfor %}", "1x2y"),
        ("{{ rows[1].valor|moeda }} {{ rows|sum(attribute='valor')|moeda }}", "R$\u00a020,50 R$\u00a030,50"),
        ("{{ rows[0]['valor'] + 1 }} {{ -n }} {{ 'a' + 'b' }} {{ d.year }}", "11,00 -21 ab 2026"),
        ("{% if nada %}a{% elif sim is defined %}b{% endif %}{{ nenhum is defined }}", "bnão"),
        ("{{ v|extenso if v > 5000 else n }}{% for i in range(3) %}{{ i }}{% endfor %}", "21012"),
    ],
)
def test_writing(template: str, expected: str) -> None:
    assert fill(template, DATA) == expected


def test_clauses_are_numbered_and_references_follow() -> None:
    template = (
        "<p>veja {{ 'multa'|clausula }} e {{ 'foro'|clausula }}</p>"
        "{% if n > limite %}{{ clausula('extra', 'Do extra') }}{{ item() }}{% endif %}"
        "{{ clausula('preco', 'Do preço') }}{{ item() }}{{ item('multa') }}{{ subitem() }}{{ subitem('sub') }}{{ item() }}"
        "{{ clausula('foro', 'Do foro & <b>') }}{{ item() }}{{ 'sub'|clausula }}"
    )
    short, long = fill(template, {"n": 1, "limite": 1}), fill(template, {"n": 2, "limite": 1})
    assert "CLÁUSULA PRIMEIRA – DO PREÇO" in short
    assert '<a class="referencia" href="#clausula-multa">item 1.2</a>' in short
    assert ">cláusula segunda</a>" in short
    assert "CLÁUSULA SEGUNDA – DO PREÇO" in long
    assert ">item 2.2</a>" in long
    assert ">cláusula terceira</a>" in long
    assert "CLÁUSULA TERCEIRA – DO FORO &amp; &lt;B&gt;" in long
    assert ">2.2.2.</span>" in long
    assert ">item 2.2.2</a>" in long


@given(st.lists(st.booleans(), min_size=1, max_size=40))
@settings(max_examples=25, deadline=None)
def test_any_choice_of_clauses_is_numbered_without_gaps(chosen: list[bool]) -> None:
    names = [f"c{number}" for number in range(len(chosen))]
    template = "".join(
        f"{{% if {name} %}}{{{{ clausula('{name}', '{name}') }}}}[{{{{ '{name}'|clausula }}}}]{{% endif %}}"
        for name in names
    )
    text = fill(template, dict(zip(names, chosen, strict=True)))
    for number in range(1, sum(chosen) + 1):
        ordinal = spelling.ordinal(number, feminine=True)
        assert f">CLÁUSULA {ordinal.upper()} – " in text
        assert f">cláusula {ordinal}</a>" in text
    assert text.count("CLÁUSULA") == sum(chosen)


def test_data_is_never_markup_nor_a_reference() -> None:
    nasty = "\ue000foro\ue001<script>{{ 1 }}{% if %}</script>\x00"
    assert fill("{{ x }}", {"x": nasty}) == str(escape("foro<script>{{ 1 }}{% if %}</script>"))
    assert fill("{{ x }}", {"x": Markup("<b>c</b>")}) == "<b>c</b>"


def test_parts() -> None:
    table = fill("{{ tabela_parcelas(rows) }}", DATA)
    assert "<td>2/2</td><td>10/01/2027</td>" in table
    assert "R$\u00a030,50" in table
    signs = fill(
        "{{ assinaturas({'nome': '<i>', 'papel': 'CREDORA', 'documento': cnpj}) }}{{ testemunhas(rows2) }}",
        {**DATA, "rows2": [{"nome": "Sicrano", "cpf": "52998224725"}]},
    )
    assert "&lt;i&gt;" in signs
    assert "CNPJ 12.ABC.345/01DE-35" in signs
    assert "CPF: 529.982.247-25" in signs
    assert signs.count('class="assinatura"') == 3
    assert fill("{{ testemunhas() }}", {}).count("CPF:") == 2


REFUSED = [
    ("{{ x }}", "undefined"),
    ("{{ end.rua }}", "undefined"),
    ("{{ rows[9] }}", "undefined"),
    ("{{ nada.x }}", "undefined"),
    ("{{ end.items() }}", "undefined"),
    ("{{ v.__class__ }}", "undefined"),
    ("{{ ''.__class__.__mro__ }}", "undefined"),
    ("{{ '{0.__class__}'.format(n) }}", "undefined"),
    ("{{ clausula.__globals__ }}", "undefined"),
    ("{{ cycler(1) }}", "undefined"),
    ("{{ end['__class__'] }}", "undefined"),
    ("{% for r in rows %}{{ loop._iterable }}{% endfor %}", "undefined"),
    ("{{ rows() }}", "forbidden"),
    ("{{ self }}", "forbidden"),
    ("{{ 'a' * 1000000000 }}", "forbidden"),
    ("{{ [1] * 1000000000 }}", "forbidden"),
    ("{{ '%99999999s' % 1 }}", "forbidden"),
    ("{{ 9 ** 9 ** 9 }}", "forbidden"),
    ("{{ n|safe }}", "forbidden"),
    ("{{ n|attr('real') }}", "forbidden"),
    ("{{ n is filter('x') }}", "forbidden"),
    ("{{ rows|map('safe')|list }}", "value"),
    ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "forbidden"),
    ("{% for r in rows recursive %}{{ loop(rows) }}{% endfor %}", "forbidden"),
    ("{% include 'x' %}", "forbidden"),
    ("{% import 'x' as y %}", "forbidden"),
    ("{% from 'x' import y %}", "forbidden"),
    ("{% extends 'x' %}", "forbidden"),
    ("{% block x %}{% endblock %}", "forbidden"),
    ("{% filter upper %}{% endfilter %}", "forbidden"),
    ("{% set ns.x = 1 %}", "forbidden"),
    ("{% autoescape false %}{{ texto }}{% endautoescape %}", "forbidden"),
    ("{% call n() %}{% endcall %}", "forbidden"),
    ("{% if %}", "syntax"),
    ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "nesting"),
    ("{% if n %}" * 150 + "{% endif %}" * 150, "nesting"),
    ("{% for i in range(2001) %}{% endfor %}", "loops"),
    ("{% for i in range(2000) %}{% for j in range(2000) %}{% endfor %}{% endfor %}", "loops"),
    ("{{ 999999999999999999 + 1000 }}", "number"),
    ("{{ n / 0 }}", "value"),
    ("{{ n|sum }}", "value"),
    ("{{ texto|moeda }}", "value"),
    ("{{ texto|data }}", "value"),
    ("{{ v|ordinal }}", "value"),
    ("{{ 0|ordinal }}", "value"),
    ("{{ rows }}", "value"),
    ("{{ tabela_parcelas([{'a': 1}]) }}", "value"),
    ("{{ tabela_parcelas(n) }}", "value"),
    ("{{ 'x'|clausula }}", "reference"),
    ("{{ clausula('a', 'A') }}{{ clausula('a', 'B') }}", "clause_twice"),
    ("{{ clausula('Á', 'A') }}", "clause_name"),
    ("{{ item('cedo') }}", "item"),
    ("x" * 300_001, "source"),
    ("{% for i in range(2000) %}{{ big }}{% endfor %}", "output"),
]


@pytest.mark.parametrize(("template", "code"), REFUSED)
def test_what_is_refused(template: str, code: str) -> None:
    with pytest.raises(Stop) as caught:
        fill(template, {**DATA, "big": "y" * 2000})
    assert caught.value.code == code
    sentence = stops.error(caught.value.code, caught.value.detail, caught.value.line).sentence
    assert sentence
    assert caught.value.detail in sentence


def test_errors_name_their_line() -> None:
    for template in (
        "\n\n{{ x }}",
        "\n\n{{ texto|moeda }}",
        "\n\n{% if %}",
        "\n\n{% macro a() %}{% endmacro %}",
        "\n\n{{ 9 ** 9 }}",
    ):
        with pytest.raises(Stop) as caught:
            fill(template, DATA)
        assert caught.value.line == 3
    assert stops.error("undefined", "x", 3).sentence == "Line 3: “x” has no value."


SCHEMA = parse(
    {
        "variables": [
            {"name": "contato.nome", "type": "text"},
            {"name": "contato.endereco", "type": "address"},
            {"name": "valor", "type": "money"},
            {"name": "dia", "type": "date"},
            {
                "name": "contrato.parcelas",
                "type": "rows",
                "columns": [{"name": "valor", "type": "money"}, {"name": "vencimento", "type": "date"}],
            },
        ]
    }
)
ALL_USED = (
    "{{ contato.nome }}{{ contato.endereco|endereco }}{{ valor }}{{ dia }}{{ tabela_parcelas(contrato.parcelas) }}"
)


def found(source: str) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in check(source, SCHEMA)]


def test_a_right_template_has_no_problems() -> None:
    more = (
        "{% for p in contrato.parcelas if p.valor %}{{ p.valor|moeda }}{{ p.vencimento.year }}{{ loop.index }}{% else %}-"
        "{% endfor %}{% set a = contato.endereco %}{% set loop_number = 0 %}{{ a.city }}{% set total %}{{ valor }}{% endset %}{{ total }}"
        "{% with q = contrato.parcelas[0] %}{{ q.valor }}{{ q['valor'] }}{% endwith %}{{ contrato.parcelas[loop_number].valor }}"
        "{% if valor %}{% set b = 1 %}{% endif %}{{ b }}{% for x, y in [(1, 2)] %}{{ x.z }}{{ y }}{% endfor %}"
        "{{ clausula('a', 'A') }}{{ item('b') }}{{ 'a'|clausula }}{{ 'b'|clausula }}{{ range(3)|list|length }}"
    )
    assert found(ALL_USED + more) == []


@pytest.mark.parametrize(
    ("addition", "expected"),
    [
        ("\n{{ contato.idade }}", ("undeclared", 2)),
        ("\n{{ nome }}", ("undeclared", 2)),
        ("\n{{ contato.endereco.rua }}", ("undeclared", 2)),
        ("\n{{ valor.reais }}", ("undeclared", 2)),
        ("\n{{ contato['idade'] }}", ("undeclared", 2)),
        ("\n{% for p in contrato.parcelas %}\n{{ p.cor }}{% endfor %}", ("undeclared", 3)),
        ("{% for p in contrato.parcelas %}{% endfor %}\n{{ p }}", ("undeclared", 2)),
        ("\n{% if x %}{% endif %}", ("undeclared", 2)),
        ("\n{{ loop.index }}", ("undeclared", 2)),
        ("\n{{ valor|moeda(y) }}", ("undeclared", 2)),
        ("\n{{ 'x'|clausula }}", ("reference", 2)),
        ("\n{{ clausula('X', 'x') }}", ("clause_name", 2)),
        ("{{ clausula('x', 'x') }}\n{{ item('x') }}", ("clause_twice", 2)),
        ("\n{% if %}", ("syntax", 2)),
        ("\n{{ valor|safe }}", ("forbidden", 2)),
    ],
)
def test_problems_are_found_without_filling(addition: str, expected: tuple[str, int]) -> None:
    assert expected in found(ALL_USED + addition)


def test_what_is_declared_and_not_used_is_a_warning() -> None:
    problems = check("{{ contato.nome }}{{ y }}", SCHEMA)
    assert problems[0] == Problem("undeclared", 1, "“y” is used and not declared.", name="y")
    assert [problem.sentence.split()[0] for problem in problems if not problem.is_error] == [
        "“contato.endereco”",
        "“valor”",
        "“dia”",
        "“contrato.parcelas”",
    ]
    assert "“contato.endereco”" not in str(check("{{ testemunhas([contato]) }}", SCHEMA))


def test_checking_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language.Language, "call", lambda *_: pytest.fail("called"))
    monkeypatch.setattr(language.Language, "compile", lambda *_: pytest.fail("compiled"))
    assert check("{{ range(5) }}{{ 'a'|replace('', 'bbbb') }}", SCHEMA)


@pytest.mark.parametrize("one", starters(), ids=lambda one: one.name)
def test_starters_are_right(one: Any) -> None:
    assert check(one.source, one.schema) == ()
    assert one.title["pt"]
    assert one.summary["en"]
    text = fill(one.source, one.schema.read(one.schema.sample()))
    assert "CLÁUSULA PRIMEIRA" in text
    assert "Testemunhas" in text
    assert one.schema.read(one.schema.sample()) == one.schema.sample()


@pytest.mark.parametrize("one", starters(), ids=lambda one: one.name)
def test_starters_stand_without_what_is_optional(one: Any) -> None:
    data = one.schema.sample()
    for variable in one.schema.variables:
        group, _dot, name = variable.name.rpartition(".")
        place = data[group] if group else data
        if variable.type == "boolean":
            place[name] = not place[name]
        elif variable.type == "choice":
            place[name] = (
                variable.options[0].value if place[name] != variable.options[0].value else variable.options[-1].value
            )
        elif not variable.required and variable.name != "contrato.caucao":
            place[name] = None
    text = fill(one.source, one.schema.read(data)) if one.name != "confissao_de_divida" else ""
    assert "None" not in text


def test_instalments_of_the_starters_add_up() -> None:
    debt = starter("confissao_de_divida").schema.sample()
    assert sum(row["valor"] for row in debt["contrato"]["parcelas"]) == debt["divida"]["valor"]
    sale = starter("compra_e_venda").schema.sample()["contrato"]
    assert sale["entrada"] + sum(row["valor"] for row in sale["parcelas"]) == sale["valor"]
    assert sum(row["valor"] for row in sale["itens"]) == sale["valor"]
    with pytest.raises(KeyError):
        starter("../x")
