"""What an explorer carries: one module and one style sheet, linked from the files of static/."""

import re

import pytest

from lstm_edu.widgets import linking


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """planted({"a.js": source, ...}): these files instead of those of static/."""
    monkeypatch.setattr(linking, "STATIC", tmp_path)

    def plant(files):
        for cached in (linking.module, linking.style, linking._read):
            cached.cache_clear()
        for path, source in files.items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(source, encoding="utf-8")

    plant({})
    yield plant
    plant({})


def test_each_file_comes_once_after_those_that_it_imports(planted):
    planted({
        "shared/base.js": "export const one = 1;\nexport const no = 2;\nconst own = 3;\nexport const two = own - one;",
        "shared/more.js": 'import { one } from "./base.js";\n\nexport const three = one + 2;',
        "x/explorer.js": 'import { three } from "../shared/more.js";\nimport { one, two } from "../shared/base.js";\n'
                         "export default explorer([one, two, three]);\nfunction explorer(of) {\n  return of;\n}",
    })  # fmt: skip
    assert linking.module("x/explorer.js").splitlines() == [
        "const O=1,P=3,Q=P-O,R=O+2;", "function S(of){return of}", "export default S([O,Q,R]);",
    ]  # fmt: skip


def test_what_looks_like_a_comment_or_an_end_inside_a_text_stays(planted):
    kept = [
        'const a = "// no comment; /* none */";',
        "const b = `// ${`/* ${a} */`} }\n  // a line of its own`;",
        r"const c = /[/*]\/\/ \/* \}/g;",
        "const d = { a: 1 / 2, b: 4 / 3 };",
        r'const e = "\"; // no end";',
    ]
    planted({"e.js": "\n".join([*kept, "export default [a, b, c, d, e]; // a comment", "/* another ` */"])})
    found = linking.module("e.js")
    for text in ('"// no comment; /* none */"', "`// ${`/* ${a} */`} }\n  // a line of its own`", r"/[/*]\/\/ \/* \}/g",
                 "{a:1/2,b:4/3}", r'"\"; // no end"'):  # fmt: skip
        assert text in found
    assert "another" not in found and "a comment" not in found


def test_a_line_ends_a_statement_where_it_did(planted):
    source = "const f = (a) => {\n  let n = a\n  n++\n  const r = /x/\n  return n + +n - -n / 2\n};\nexport default f;"
    planted({"e.js": source})
    found = "const f=a=>{let n=a\nn++\nconst r=/x/\nreturn n+ +n- -n/2};\nexport default f;\n"
    assert linking.module("e.js") == found


def test_what_is_left_out_means_nothing(planted):
    """Last commas and semicolons, brackets around one name, and all but the first of several const."""
    planted({
        "e.js": """
const f = async (n) => {
  const h = [, n, ,];
  const l = [
    n,
    [n, 1,],
  ];
  for (const m of l) if (m) continue;
  for (let m = 0; m < 3; m++);
  const g = (m) => ({ m, });
  const r = await g((await 1), (m) => m)
  let q = r
  const t = q;
  const s = (async (m) => m)(t);
  return { h, s };
};
export default f;
"""
    })  # fmt: skip
    assert linking.module("e.js") == (
        "const f=async(n)=>{const h=[,n,,],l=[n,[n,1]];for(const m of l)if(m)continue;"
        "for(let m=0;m<3;m++);const g=m=>({m}),r=await g((await 1),m=>m)\nlet q=r\nconst t=q,"
        "s=(async(m)=>m)(t);return{h,s}};\nexport default f;\n"
    )


def test_two_files_may_use_one_name_for_different_things(planted):
    planted({
        "a.js": "const size = 1;\nexport const ofA = ({ big }) => ({ size, big: big.size, size2: size });",
        "e.js": 'import { ofA } from "./a.js";\nconst size = 2;\n'
                "const inner = ({ size }) => size;\nexport default [ofA, inner({ size }), { size: size }, `${size}`];",
    })  # fmt: skip
    assert linking.module("e.js") == (
        "const P=1,Q=({big})=>({size:P,big:big.size,size2:P}),O=2,R=({size:O})=>O;\n"
        "export default[Q,R({size:O}),{size:O},`${O}`];\n"
    )


def test_variables_get_short_names_and_nothing_else_does(planted):
    planted(
        {
            "e.js": """
const named = (count, list) => {
  const { total, other: { inner = count } = {}, ...rest } = list;
  const made = { count, total, list: [count], inner() { return rest.count; }, get total2() { return total; } };
  return list.map((element) => element.count ? element : { element: Math.max(count, made.total) });
};
export default named;
"""
        }
    )
    assert linking.module("e.js") == (
        "const O=(a,b)=>{const{total,other:{inner=a}={},...d}=b,"
        "e={count:a,total,list:[a],inner(){return d.count},get total2(){return total}};"
        "return b.map(c=>c.count?c:{element:Math.max(a,e.total)})};\nexport default O;\n"
    )


def test_a_short_name_is_never_that_of_something_else(planted):
    """Neither of another declaration, nor of a variable that keeps its name because it is short, nor of the browser."""
    many = ", ".join(f"word{n}" for n in range(60))
    planted({
        "a.js": "export const b = (first) => first;\nexport const O = 2;\nexport const total = (a) => a + O;",
        "e.js": 'import { b, O, total } from "./a.js";\n'
                f"function sum({many}) {{\n  return [Map, b, O, total, {many}];\n}}\n"
                "const other = (first) => b(total(first)) + total(O) + sum(first);\nexport default other;",
    })  # fmt: skip
    rows = linking.module("e.js").splitlines()
    assert rows[0] == "const b=a=>a,O=2,P=a=>a+O,R=a=>b(P(a))+P(O)+Q(a);"
    named, inside = re.fullmatch(r"function Q\((.+)\)\{return\[Map,b,O,P,(.+)\]\}", rows[1]).groups()
    assert named == inside
    assert len(set(named.split(","))) == 60
    assert not set(named.split(",")) & {"b", "O", "P", "Q", "R", "Map", "if", "in", "of", "do"}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"e.js": 'import { f } from "./a.js";\nexport default f;'}, r"there is no module a\.js"),
        ({"e.js": 'import { f } from "./a.js";\nexport default f;', "a.js": "const f = 1;"},
         r"e\.js imports f from a\.js, which does not export it"),
        ({"e.js": 'import { f } from "./a.js";\nexport default f;',
          "a.js": 'import { g } from "./b.js";\nexport const f = g;',
          "b.js": 'import { f } from "./a.js";\nexport const g = f;'},
         r"in a circle: e\.js -> a\.js -> b\.js -> a\.js"),
        ({"e.js": 'import * as a from "./a.js";\nexport default a;'}, r"an import must be like"),
        ({"e.js": 'import { f as g } from "./a.js";\nexport default g;'}, r"an import must be like"),
        ({"e.js": 'document.title = "x";\nexport default 1;'}, r"may have only declarations, got `document \. title"),
        ({"e.js": "class A {}\nexport default A;"}, r"e\.js has `class`, which linking\.py does not know"),
        ({"e.js": "const a = 1;"}, r"e\.js is not an explorer: it has no `export default`"),
        ({"e.js": "const a = 1;\nconst b = #2;\nexport default a;"}, r"e\.js, line 2: what is '#2;"),
        ({"e.js": "const a = {} / 2;\nexport default a;"}, r"line 1: a slash after a brace may mean two things"),
        ({"e.js": "export default 1;\nconst f = () => {"}, r"the last statement does not end: const"),
    ],
)  # fmt: skip
def test_what_cannot_be_linked_is_refused(planted, files, message):
    planted(files)
    with pytest.raises(ValueError, match=message):
        linking.module("e.js")


def test_a_style_sheet_comes_with_the_module_next_to_it(planted):
    planted({
        "shared/page.js": "export const h = 1;", "shared/page.css": ".a {\n  color: red; /* why */\n}\n",
        "shared/other.js": "export const o = 1;", "shared/other.css": ".unused { color: blue; }",
        "x/explorer.js": 'import { h } from "../shared/page.js";\nexport default h;',
        "x/explorer.css": '.a > .b,\n.c::before {\n  content: "; }";\n  margin: 0 auto;\n}\n'
                          '/* { */\n.a {\n  /* 1 */ .d { content: "/* { */"; } /* 2 */\n}',
    })  # fmt: skip
    assert linking.style("x/explorer.js") == (
        '.a{color:red;.d{content:"/* { */"}}.a>.b,.c::before{content:"; }";margin:0 auto}'
    )


def test_an_lstm_explorer_stays_light():
    """0.6 of the 159,495 bytes of code and style that it carried at commit 9ce2a63: each one in a notebook has them."""
    texts = [link("lstm/explorer.js") for link in (linking.module, linking.style)]
    assert sum(len(text.encode()) for text in texts) <= 0.6 * 159_495
