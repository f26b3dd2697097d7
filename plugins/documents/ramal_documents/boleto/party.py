"""The people on a boleto: beneficiário, pagador, sacador/avalista."""

from __future__ import annotations

from dataclasses import dataclass

from ramal_documents import ids

#: Characters that each of a party's fields may have when a boleto is issued; what does not fit its box is cut.
LONGEST = 120


@dataclass(frozen=True, kw_only=True)
class Party:
    """A name with its CPF or CNPJ and address, as printed. `postal_code` is the CEP, `state` the UF."""

    name: str
    document: str = ""
    street: str = ""
    district: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""

    @property
    def document_printed(self) -> str:
        """`CNPJ 12.345.678/0001-95`, or nothing."""
        kind = ids.kind(self.document)
        return f"{kind} {ids.formatted(self.document)}".strip()

    @property
    def name_printed(self) -> str:
        """`Padaria Modelo Ltda. - CNPJ 12.345.678/0001-95`."""
        return " - ".join(filter(None, (self.name, self.document_printed)))

    @property
    def street_printed(self) -> str:
        """`Rua das Flores, 10 - Centro`."""
        return " - ".join(filter(None, (self.street, self.district)))

    @property
    def city_printed(self) -> str:
        """`01310-100 - São Paulo/SP`."""
        postal_code = "".join(filter(str.isdigit, self.postal_code))
        if len(postal_code) == 8:
            postal_code = f"{postal_code[:5]}-{postal_code[5:]}"
        return " - ".join(filter(None, (postal_code, "/".join(filter(None, (self.city, self.state))))))

    @property
    def address_printed(self) -> str:
        """The whole address on one line."""
        return " - ".join(filter(None, (self.street_printed, self.city_printed)))
