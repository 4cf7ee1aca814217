"""A name means one thing: nothing is defined in two files under one qualified name.

Where two definitions of a class are linked together the linker keeps one of their functions for
both, and says nothing. Looked at are classes, enums, aliases, constants and functions of namespaces;
what is in an anonymous namespace or in a function is its file's own, and so is a static function.
"""
import collections
import re
import sys

import tree

TOKEN = re.compile(r"[A-Za-z_]\w*|::|->|\[\[|\]\]|[^\s\w]|\d[\w.']*")
CLOSING = {"{": "}", "(": ")", "[": "]", "[[": "]]", "<": ">"}
BODY = "{}"
WORD = re.compile(r"[A-Za-z_]\w*$")
MACRO = re.compile(r"[A-Z][A-Z\d_]+$")
# By who starts a program or looks for leaks in it: each program has its own.
CALLED_FROM_OUTSIDE = {"main", "LLVMFuzzerTestOneInput", "__lsan_is_turned_off"}
# What has parentheses and is no function.
NO_NAMES = {"decltype", "noexcept", "requires", "alignas", "void", "__attribute__"}


class Reader:
    """Takes the statements of namespaces one by one."""

    def __init__(self, code):
        code = tree.NO_CODE.sub(lambda match: " " if match.group()[0] == "/" else " 0 ", code)
        self.tokens = TOKEN.findall(tree.DIRECTIVE.sub(" ", code))
        self.place = 0
        self.scopes = []

    def peek(self):
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def bracketed(self):
        """Goes past what is in the brackets that open here."""
        opening, start, depth = self.peek(), self.place, 0
        while self.place < len(self.tokens):
            depth += (self.peek() == opening) - (self.peek() == CLOSING[opening])
            self.place += 1
            if depth == 0:
                break
        return tuple(self.tokens[start:self.place])

    def statements(self):
        """(namespace, statement): words, tuples for what is in brackets, BODY for braces."""
        while self.place < len(self.tokens):
            if self.peek() == "}":
                self.place += 1
                if not self.scopes:
                    raise ValueError("the braces do not match")
                self.scopes.pop()
                continue
            statement = self.statement()
            if statement and "" not in self.scopes:
                yield [scope for scope in self.scopes if scope != "extern"], statement
        if self.scopes:
            raise ValueError("the braces do not match")

    def statement(self):
        said = []
        while self.peek() not in {"", "}"}:
            token = self.peek()
            if token == ";":
                self.place += 1
                break
            if token == "{":
                if self.enter(said):
                    return []
                self.bracketed()
                said.append(BODY)
                # Other braces, of what a constructor sets, come before those of the function.
                if function_name(said) and self.peek() not in {",", "{"}:
                    break
            elif token in {"(", "[", "[["}:
                said.append(self.bracketed())
            elif token == "<" and said[-1:] == ["template"]:
                self.bracketed()
            else:
                said.append(token)
                self.place += 1
        return said

    def enter(self, said):
        """Whether the brace here is a namespace's."""
        words = [word for word in without_macros(said) if is_word(word) or word in {"::", "0"}]
        words = words[1:] if words[:1] == ["inline"] else words
        if words[:1] == ["namespace"]:
            self.scopes.append("".join(words[1:]))
        elif "namespace" in words:
            raise ValueError(f"what stands before a namespace is not understood: {words}")
        elif words == ["extern", "0"]:
            self.scopes.append("extern")
        else:
            return False
        self.place += 1
        return True


def is_word(token):
    return isinstance(token, str) and bool(WORD.match(token))


def without_macros(said):
    """Without those of GLib at its beginning, which have no semicolon, and template<…>."""
    while said and is_word(said[0]) and (MACRO.match(said[0]) or said[0] == "template"):
        said = said[2:] if said[1:] and isinstance(said[1], tuple) else said[1:]
    return said


def outside_angles(said):
    """The places of tokens that are in no <…>; before an initializer only."""
    depth = 0
    for place, token in enumerate(said):
        if token == "=" and depth == 0:
            return
        depth -= token == ">"
        if depth == 0:
            yield place
        depth += token == "<"


def function_name(said):
    """(its place, name, parameters) where this is a function's head; macros are none."""
    if "operator" in said:
        place = said.index("operator")
        after = next((p for p in range(place + 2, len(said)) if isinstance(said[p], tuple)), None)
        if after is None:
            return None
        return place, "".join(map(str, said[place:after])), said[after]
    for place in outside_angles(said):
        token, before = said[place], said[place - 1] if place else ""
        if isinstance(token, tuple) and token[0] == "(" and is_word(before):
            if before not in NO_NAMES:
                return place - 1, before, token
        elif token == BODY:
            return None
    return None


def parameters(bracket):
    """Their types alone, as text."""
    types, depth, one = [], 0, []
    for token in bracket[1:-1] + (",",):
        depth += (token in {"<", "(", "{", "["}) - (token in {">", ")", "}", "]"})
        if token != "," or depth:
            one.append(token)
            continue
        if "=" in one:
            one = one[:one.index("=")]
        if len(one) > 1 and is_word(one[-1]) and (is_word(one[-2]) or one[-2] in {"*", "&", ">"}):
            one.pop()
        types.append("".join(one))
        one = []
    return ",".join(types)


def type_name(said):
    """Of a class or enum whose body is here, no specialisation; None where there is none."""
    keys = [p for p in range(len(said)) if said[p] in {"class", "struct", "union", "enum"}]
    head = said[:said.index(BODY)] if BODY in said else []
    if not keys or keys[0] >= len(head) or "=" in head:
        return None
    words = [word for word in head[keys[0] + 1:] if not isinstance(word, tuple)]
    if words[:1] and words[0] in {"class", "struct", "alignas"}:
        words.pop(0)
    name = ""
    for word in words:
        if word in {":", "final"}:
            break
        if word == "<":
            return None
        name += word
    return name


def defined(said):
    """(what, name) of what a statement defines, or None."""
    said = without_macros(said)
    if not said or said[0] in {"namespace", "static_assert", "friend"}:
        return None
    if said[0] == "using":
        return ("alias", said[1]) if said[2:3] == ["="] else None
    if said[0] == "typedef":
        return ("alias", said[-1]) if is_word(said[-1]) else None
    function = function_name(said)
    if not function and (name := type_name(said)):
        return "type", name
    if function and BODY in said and not re.match("k[A-Z]", function[1]):
        place, name, bracket = function
        if "static" in said or said[place - 1:place] in (["::"], ["~"]) or MACRO.match(name):
            return None
        return "function", f"{name}({parameters(bracket)})"
    return constant(said)


def constant(said):
    """Or a variable that headers may define, or a concept."""
    places = list(outside_angles(said))
    end = next((p for p in places if said[p] == BODY or isinstance(said[p], tuple)), len(said))
    head = [said[p] for p in places if p < end]
    if not {"const", "constexpr", "constinit", "inline", "concept"} & set(head):
        return None
    if not is_word(head[-1]) or head[-2] == "::" or said[0] == "extern":
        return None
    if (function := function_name(said)) and not re.match("k[A-Z]", function[1]):
        return None
    return "constant", head[-1]


def definitions(code):
    """(what, qualified name) of each."""
    for scopes, statement in Reader(code).statements():
        found = defined(statement)
        if found:
            yield found[0], "::".join([*scopes, found[1]])


def problems(texts):
    """`texts`: (path, text) of each file; all together are one program."""
    homes = collections.defaultdict(list)
    for path, text in texts:
        try:
            for what, name in dict.fromkeys(definitions(text)):
                if name.split("(")[0] not in CALLED_FROM_OUTSIDE:
                    homes[name].append((path, what))
        except ValueError as error:
            yield f"{path}: cannot be read: {error}"
    for name, places in sorted(homes.items()):
        for path, what in places[1:]:
            yield f"{path}: the {what} {name} is defined in {places[0][0]} too: name one anew"


def self_check():
    """The check has to see what it is there for, and nothing else."""
    seen = {
        "class A { int a; };": "A",
        "G_BEGIN_DECLS\nG_DECLARE_FINAL_TYPE(X, x, X, X, GObject)\nnamespace n { struct A {}; }":
            "n::A",
        "namespace n::m { class [[nodiscard]] A final : public B<int, C{}> { class D; }; }":
            "n::m::A",
        "inline namespace v { struct A::Impl {}; }": "v::A::Impl",
        "class A { friend class B; class C { }; enum D { d }; void f() { struct E { }; } };": "A",
        "enum class Direction : int { up, down };": "Direction",
        "enum E { a };": "E",
        "template <typename T, typename U = B<T>>\nclass A { };": "A",
        "template <typename T> using A = B<T>;": "A",
        "typedef struct { int a; } A;": "A",
        "constexpr int kA = 60'000 < 3;": "kA",
        "inline constexpr std::chrono::seconds kA{2};": "kA",
        "const std::map<int, B<int>> kA = {{1, {}}};": "kA",
        "inline const char* const kA[] = {\"}\", R\"(;{)\"};": "kA",
        "inline Options options;": "options",
        "inline int f(const B& b, C c = {}) { return '{'; }": "f(constB&,C)",
        "std::function<void(int)> f(int) { struct Local {}; return {}; }": "f(int)",
        "bool operator==(const A& a, const A& b) { return true; }": "operator==(constA&,constA&)",
        "extern \"C\" { int f(void) { return 1; } }": "f(void)",
    }
    unseen = [
        "class A;", "enum class A : int;", "struct A* f(A*);", "extern const int kA;",
        "template <> struct A<int> { };", "template <typename T> class A<T*> { };",
        "template class A<int>;", "int main() { class A { }; }",
        "namespace { class A { }; constexpr int kA = 1; }", "static int f() { return 1; }",
        "namespace n { namespace { void f() { class A { }; } } class A; }",
        "using namespace std;", "using std::string;", "namespace a = b::c;",
        "A::A(int a) : a_{a}, b_(1) { class B { }; }", "int A::f() const { return 1; }",
        "template <> int f<int>(int a) { return a; }", "const int A::kA = 1;",
        "// class A { };", "#define A \\\n class A { };\n", "TEST(A, B) { class C { }; }",
    ]
    for code, name in seen.items():
        if (found := [name for _, name in definitions(code)]) != [name]:
            yield f"tests/style/definitions.py: sees {found} in {code}"
        if len(list(problems([("one", code), ("other", code)]))) != 1:
            yield f"tests/style/definitions.py: does not object to two of {code}"
    for code in unseen:
        if list(problems([("one", code), ("other", code)])):
            yield f"tests/style/definitions.py: objects to {code}"
    for code in ("namespace n { ", "} ", "unknown() namespace n { }"):
        if not list(problems([("one", code)])):
            yield f"tests/style/definitions.py: says nothing of {code}"


if __name__ == "__main__":
    files = [(str(path), tree.text(path)) for path in tree.files(*tree.CPP)]
    sys.exit(tree.finish(list(self_check()) + list(problems(files))))
