"""Workbooks for tests: made of XML by hand, or a written one whose XML is changed."""

import io
import re
import zipfile
from collections.abc import Callable, Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

Parts = dict[str, bytes]


def pack(parts: Mapping[str, bytes], level: int = 6) -> bytes:
    """Return parts as a zip file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, level)
    return out.getvalue()


def unpack(content: bytes) -> Parts:
    """Return the parts of a zip file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def sheet(rows: str) -> bytes:
    """Return the XML of a sheet with these rows."""
    return f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()


def minimal(rows: str = '<row r="1"><c r="A1"><v>1</v></c></row>') -> Parts:
    """Return the parts of the smallest workbook: one sheet `halls`."""
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return {
        "[Content_Types].xml": (
            f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/></Types>'
        ).encode(),
        "_rels/.rels": (
            f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ).encode(),
        "xl/workbook.xml": (
            f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
            '<sheet name="halls" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ).encode(),
        "xl/_rels/workbook.xml.rels": (
            f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
        ).encode(),
        "xl/worksheets/sheet1.xml": sheet(rows),
    }


def sheet_part(parts: Parts, name: str) -> str:
    """Return the part that holds a sheet."""
    book = parts["xl/workbook.xml"].decode()
    relation = re.search(rf'<sheet name="{name}"[^>]*r:id="(\w+)"', book)
    assert relation is not None
    rels = parts["xl/_rels/workbook.xml.rels"].decode()
    for found in re.findall(r"<Relationship [^>]*>", rels):
        if f'Id="{relation[1]}"' in found:
            target = re.search(r'Target="([^"]+)"', found)
            assert target is not None
            return f"xl/{target[1].removeprefix('/xl/')}"
    raise AssertionError(name)


def change(content: bytes, name: str, rewrite: Callable[[str], str]) -> bytes:
    """Return a workbook with the XML of one sheet rewritten; the rewriting must change something."""
    parts = unpack(content)
    part = sheet_part(parts, name)
    before = parts[part].decode()
    after = rewrite(before)
    assert after != before
    return pack(parts | {part: after.encode()})


def as_libreoffice(content: bytes) -> bytes:
    """Return a written workbook in the words of LibreOffice 7.4, as seen in files that it saved.

    Every type is spelt out, flags are formulas with a saved value, rows and columns carry all their
    attributes, sheets have no usable dimension and end in empty styled cells and an empty last row, texts
    keep their spaces, nothing is marked for recalculation, and the program names itself.
    """
    parts = {name: body for name, body in unpack(content).items() if name != "xl/calcChain.xml"}
    book = parts["xl/workbook.xml"].decode()
    book = re.sub(r"<calcPr[^>]*/>", '<calcPr iterateCount="100" refMode="A1" iterate="false"/>', book)
    book = re.sub(r"<fileVersion[^>]*/>", '<fileVersion appName="Calc"/>', book)
    book = re.sub(r"<workbookPr[^>]*/>", '<workbookPr backupFile="false" date1904="false"/>', book)
    book = re.sub(r'(<sheet name="[^"]*" sheetId="\d+") ', r'\1 state="visible" ', book)
    parts["xl/workbook.xml"] = book.encode()
    parts["docProps/app.xml"] = (
        f'{HEAD}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
        "<Application>LibreOffice/7.4.7.2$Linux_X86_64</Application></Properties>"
    ).encode()
    texts = parts["xl/sharedStrings.xml"].decode()
    parts["xl/sharedStrings.xml"] = texts.replace("<t>", '<t xml:space="preserve">').encode()
    for name in [name for name in parts if name.startswith("xl/worksheets/sheet")]:
        parts[name] = _libreoffice_sheet(parts[name].decode()).encode()
    return pack(parts)


def _libreoffice_sheet(xml: str) -> str:
    filled = (
        'customFormat="false" ht="15" hidden="false" customHeight="false" outlineLevel="0" collapsed="false"'
    )
    xml = re.sub(r'<dimension ref="[^"]*"/>', '<dimension ref="A1"/>', xml)
    xml = re.sub(r'<row r="(\d+)"[^>]*>', rf'<row r="\1" {filled}>', xml)
    xml = re.sub(r'<c r="([A-Z]+\d+)"( s="\d+")?><v>', r'<c r="\1"\2 t="n"><v>', xml)
    xml = re.sub(r't="b"><v>1</v>', 't="b"><f aca="false">TRUE()</f><v>1</v>', xml)
    xml = re.sub(r't="b"><v>0</v>', 't="b"><f aca="false">FALSE()</f><v>0</v>', xml)
    xml = re.sub(r"<col ([^>]*)/>", r'<col collapsed="false" hidden="false" outlineLevel="0" \1/>', xml)
    last = max([int(number) for number in re.findall(r'<row r="(\d+)"', xml)], default=0)
    tail = "".join(f'<row r="{last + n}" {filled}><c r="C{last + n}" s="1"/></row>' for n in range(1, 40))
    tail += f'<row r="1048576" {filled}/>'
    return xml.replace("</sheetData>", f"{tail}</sheetData>") if "</sheetData>" in xml else xml
