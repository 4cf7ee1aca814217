"""What the elements show to users is documented: properties and signals, in GStreamer and README.

A property's blurb tells what its values mean: the unit of a number and the meaning of 0 (and -1)
where it has one, the form of a string, the choices of an enum.
"""
import re
import sys

import gi

import tree

gi.require_version("Gst", "1.0")
from gi.repository import GObject, Gst  # noqa: E402

UNIT = re.compile(r"\b(bit/s|ms|s|bytes|ports?|viewers|percent|0 and up)\b")
# Where README tells of an element.
SECTIONS = {"webcastsink": "Properties", "webcastsrc": "Properties of the source"}
NUMBERS = {"gint", "guint", "gint64", "guint64", "gdouble", "gfloat"}


def blurb_problems(spec):
    blurb = spec.blurb or ""
    if len(blurb) < 20 or blurb == spec.nick:
        yield "has no blurb that says something"
    if spec.value_type.name in NUMBERS:
        if not UNIT.search(blurb):
            yield "has no unit in its blurb"
        low = getattr(spec, "minimum", 0)
        for special in (0, -1):
            if low <= special == spec.default_value and not re.search(rf"{special}[: ]", blurb):
                yield f"does not say what {special} means"
    elif spec.value_type.is_a(GObject.TYPE_ENUM):
        names = [value.value_nick for value in spec.enum_class.__enum_values__.values()]
        yield from (f"does not name its choice {name}" for name in names if name not in blurb)
    elif spec.value_type == GObject.TYPE_BOOLEAN:
        if not re.search(r"\b(whether|true)\b", blurb, re.IGNORECASE):
            yield "does not say what true means"
    elif spec.value_type == GObject.TYPE_STRING and not spec.default_value:
        if not re.search(r"\b(none|empty)\b", blurb):
            yield "does not say what no value means"


def own_properties(element):
    return [spec for spec in element.list_properties() if spec.owner_type == element.__gtype__]


def section(readme, title):
    """The text below a heading, up to the next one."""
    return re.split(r"^#+ ", readme.split(f"# {title}\n", 1)[-1], maxsplit=1,
                    flags=re.MULTILINE)[0]


def property_problems(element, readme):
    documented = set(re.findall(r"`([a-z-]+)`", "\n".join(
        line.split("|")[1] for line in readme.splitlines() if line.startswith("| `"))))
    specs = own_properties(element)
    for spec in specs:
        yield from (f"property {spec.name}: {problem}" for problem in blurb_problems(spec))
    names = {spec.name for spec in specs}
    yield from (f"property {name}: not in README's table" for name in sorted(names - documented))
    yield from (f"property {name}: in README's table, not in the element"
                for name in sorted(documented - names))


def signal_problems(element, readme):
    documented = {name: arguments for name, arguments in
                  re.findall(r"`([a-z]+(?:-[a-z]+)*)\(([^)`]*)\)`", readme)}
    names = GObject.signal_list_names(element.__gtype__)
    for name in names:
        count = len(GObject.signal_query(name, element.__gtype__).param_types)
        if name not in documented:
            yield f"signal {name}: not in README"
        elif len([word for word in documented[name].split(",") if word.strip()]) != count:
            yield f"signal {name}: has {count} arguments, others in README"
    yield from (f"signal {name}: in README, not in the element"
                for name in sorted(set(documented) - set(names)))


def main():
    Gst.init(None)
    readme, problems = tree.text("README.md"), []
    for factory, title in SECTIONS.items():
        element = Gst.ElementFactory.make(factory)
        if not element:
            problems.append(f"GStreamer does not find {factory}")
            continue
        text = section(readme, title)
        problems += [f"{factory}: {problem}" for problem in
                     (*property_problems(element, text), *signal_problems(element, text))]
    return tree.finish(problems)


if __name__ == "__main__":
    sys.exit(main())
