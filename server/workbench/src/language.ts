// Colours for SPARQL 1.1 and 1.2. Whether a text is right is for the server's parser to say, so this only tells the kinds of words apart.
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { tags } from "@lezer/highlight";

export const keywords = ("SELECT CONSTRUCT DESCRIBE ASK WHERE FROM NAMED PREFIX BASE VERSION DISTINCT REDUCED AS GROUP BY HAVING ORDER ASC DESC LIMIT OFFSET VALUES UNDEF "
  + "OPTIONAL UNION MINUS GRAPH SERVICE SILENT BIND FILTER EXISTS NOT IN LATERAL INSERT DELETE DATA WITH USING LOAD INTO CLEAR DROP CREATE ADD MOVE COPY TO "
  + "DEFAULT ALL SEPARATOR").split(" ");

export const functions = ("STR LANG LANGMATCHES LANGDIR DATATYPE BOUND IRI URI BNODE RAND ABS CEIL FLOOR ROUND CONCAT STRLEN UCASE LCASE ENCODE_FOR_URI CONTAINS "
  + "STRSTARTS STRENDS STRBEFORE STRAFTER YEAR MONTH DAY HOURS MINUTES SECONDS TIMEZONE TZ NOW UUID STRUUID MD5 SHA1 SHA256 SHA384 SHA512 COALESCE IF "
  + "STRLANG STRLANGDIR STRDT SAMETERM ISIRI ISURI ISBLANK ISLITERAL ISNUMERIC ISTRIPLE HASLANG HASLANGDIR REGEX SUBSTR REPLACE TRIPLE SUBJECT PREDICATE "
  + "OBJECT COUNT SUM MIN MAX AVG SAMPLE GROUP_CONCAT").split(" ");

const keywordSet = new Set(keywords);
const functionSet = new Set(functions);

interface State { long: string }

export const sparqlLanguage = StreamLanguage.define<State>({
  name: "sparql",
  startState: () => ({ long: "" }),
  token(stream, state) {
    if (state.long) {
      while (!stream.eol()) {
        if (stream.match(state.long)) {
          state.long = "";
          break;
        }
        if (stream.next() === "\\") stream.next();
      }
      return "string";
    }
    if (stream.eatSpace()) return null;
    if (stream.match(/^#.*/)) return "comment";
    const long = stream.match(/^("""|''')/) as RegExpMatchArray | null;
    if (long) {
      state.long = long[1]!;
      return "string";
    }
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/) || stream.match(/^'(?:[^'\\]|\\.)*'?/)) return "string";
    if (stream.match(/^<(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>/)) return "url";
    if (stream.match(/^[?$][\p{L}\p{N}_]+/u)) return "variableName";
    if (stream.match(/^@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--(?:ltr|rtl))?/)) return "labelName";
    if (stream.match(/^_:[\p{L}\p{N}_.-]*/u)) return "labelName";
    if (stream.match(/^(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?/)) return "number";
    if (stream.match(/^(?:[\p{L}](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_-])?)?:(?:[\p{L}\p{N}_:](?:[\p{L}\p{N}_:.%\\~-]*[\p{L}\p{N}_:%~-])?)?/u)) return "propertyName";
    const word = stream.match(/^[A-Za-z_][A-Za-z0-9_]*/) as RegExpMatchArray | null;
    if (word) {
      const upper = word[0].toUpperCase();
      if (word[0] === "a") return "keyword";
      if (upper === "TRUE" || upper === "FALSE") return "bool";
      return keywordSet.has(upper) ? "keyword" : functionSet.has(upper) ? "function" : null;
    }
    if (stream.match(/^(?:<<\(?|\)?>>|\{\||\|\}|~)/)) return "operator";
    if (stream.match(/^[{}()[\].;,]/)) return "punctuation";
    stream.next();
    return "operator";
  },
  tokenTable: { function: tags.function(tags.name), url: tags.url, propertyName: tags.propertyName, labelName: tags.labelName, bool: tags.bool },
  languageData: { commentTokens: { line: "#" }, closeBrackets: { brackets: ["(", "[", "{", '"', "'"] }, indentOnInput: /^\s*\}$/ },
});

const style = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--code-keyword)", fontWeight: "600" },
  { tag: tags.function(tags.name), color: "var(--code-function)" },
  { tag: tags.variableName, color: "var(--code-variable)" },
  { tag: tags.propertyName, color: "var(--code-name)" },
  { tag: tags.url, color: "var(--code-iri)" },
  { tag: [tags.string, tags.labelName], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool], color: "var(--code-number)" },
  { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
]);

export const highlighting = syntaxHighlighting(style);
