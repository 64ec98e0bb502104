// The words of the workbench. English is the pattern that the others follow.
const en = {
  query: "SPARQL query", run: "Run", cancel: "Cancel", format: "Format", plan: "Plan", profile: "Profile", share: "Share", newTab: "New query", closeTab: "Close",
  tabs: "Queries", untitled: "Query", rename: "Rename", keys: "Ctrl and Enter runs the query. Ctrl and the space bar completes names. Escape and then Tab leaves the editor.",
  keysShort: "Ctrl + Enter runs", examples: "Examples", history: "History", noHistory: "Queries that you run are listed here. They stay in this browser.", clear: "Clear the history",
  valid: "Valid", update: "update", line: "Line", column: "column", showMistake: "Show the place",
  result: "Result", views: "Show as", table: "Table", raw: "Raw", chart: "Chart", map: "Map", running: "Running …", rowsSoFar: "rows so far",
  row: "row", rows: "rows", triple: "triple", triples: "triples", in: "in", seconds: "s", firstRows: "The first {n} are shown; the download has all of them.", cancelled: "Cancelled.",
  broken: "The answer broke off after {n} rows, so it is not whole.", failed: "The server did not answer.", yes: "Yes", no: "No", empty: "The query has no results.",
  download: "Download", page: "Page", of: "of", previous: "Previous", next: "Next", filter: "Filter the rows", noneLeft: "No row has this text.",
  sortBy: "Sort by", rawFormat: "Format", rawCut: "The first {n} characters are shown; the download has all of it.", copied: "The link is copied.", copyThis: "The link to this query:",
  tooLong: "The query is too long for a link.", chartType: "Kind", bars: "Bars", lines: "Line", labelColumn: "Labels", valueColumn: "Values",
  noChart: "A chart needs a column of numbers.", chartCut: "The first {n} values are drawn.", noMap: "A map needs a column of geometries (WKT or GeoJSON), or one of latitudes and one of longitudes.",
  zoomIn: "Zoom in", zoomOut: "Zoom out", zoomAll: "Show all", place: "place", places: "places", north: "N", planTitle: "Plan", profileTitle: "Profile", rowsEstimated: "estimated",
  operator: "operator", time: "time", pages: "pages", own: "own", total: "in all", incomplete: "The run was ended early:", badEstimate: "the estimate is far off",
  updated: "Done: {i} added, {d} removed, commit {c}.", statement: "statement", statements: "statements", token: "Token", tokenText: "Writing needs a token that may write.", tokenShort: "Token", tokenUse: "With a token one sees and changes what it lets one. It is kept until this tab is closed.", tokenKept: "The token is used from now on.", tokenForget: "Forget", send: "Send", closed: "Writing is closed on this server.",
  unbound: "", topicOther: "Other", loading: "Loading …",
};

type Messages = typeof en;

const nb: Messages = {
  query: "Spørring i SPARQL", run: "Kjør", cancel: "Avbryt", format: "Formater", plan: "Plan", profile: "Profil", share: "Del", newTab: "Ny spørring", closeTab: "Lukk",
  tabs: "Spørringer", untitled: "Spørring", rename: "Gi nytt navn", keys: "Ctrl og Enter kjører spørringen. Ctrl og mellomrom fullfører navn. Escape og deretter Tab går ut av feltet.",
  keysShort: "Ctrl + Enter kjører", examples: "Eksempler", history: "Historikk", noHistory: "Spørringer du kjører, listes opp her. De blir i denne nettleseren.", clear: "Tøm historikken",
  valid: "Gyldig", update: "oppdatering", line: "Linje", column: "kolonne", showMistake: "Vis stedet",
  result: "Resultat", views: "Vis som", table: "Tabell", raw: "Rådata", chart: "Diagram", map: "Kart", running: "Kjører …", rowsSoFar: "rader så langt",
  row: "rad", rows: "rader", triple: "trippel", triples: "tripler", in: "på", seconds: "s", firstRows: "De første {n} vises; nedlastingen har alle.", cancelled: "Avbrutt.",
  broken: "Svaret brøt av etter {n} rader og er ikke fullstendig.", failed: "Tjeneren svarte ikke.", yes: "Ja", no: "Nei", empty: "Spørringen ga ingen treff.",
  download: "Last ned", page: "Side", of: "av", previous: "Forrige", next: "Neste", filter: "Filtrer radene", noneLeft: "Ingen rad har denne teksten.",
  sortBy: "Sorter etter", rawFormat: "Format", rawCut: "De første {n} tegnene vises; nedlastingen har alt.", copied: "Lenken er kopiert.", copyThis: "Lenken til spørringen:",
  tooLong: "Spørringen er for lang til en lenke.", chartType: "Type", bars: "Søyler", lines: "Linje", labelColumn: "Etiketter", valueColumn: "Verdier",
  noChart: "Et diagram krever en kolonne med tall.", chartCut: "De første {n} verdiene er tegnet.", noMap: "Et kart krever en kolonne med geometrier (WKT eller GeoJSON), eller én med breddegrader og én med lengdegrader.",
  zoomIn: "Zoom inn", zoomOut: "Zoom ut", zoomAll: "Vis alt", place: "sted", places: "steder", north: "N", planTitle: "Plan", profileTitle: "Profil", rowsEstimated: "anslått",
  operator: "operator", time: "tid", pages: "sider", own: "egen", total: "i alt", incomplete: "Kjøringen ble avsluttet for tidlig:", badEstimate: "anslaget er langt unna",
  updated: "Ferdig: la til {i}, fjernet {d}, versjon {c}.", statement: "utsagn", statements: "utsagn", token: "Nøkkel", tokenText: "Skriving krever en nøkkel med skriverett.", tokenShort: "Nøkkel", tokenUse: "Med en nøkkel ser og endrer man det den gir rett til. Den huskes til fanen lukkes.", tokenKept: "Nøkkelen brukes fra nå av.", tokenForget: "Glem", send: "Send", closed: "Skriving er stengt på denne tjeneren.",
  unbound: "", topicOther: "Annet", loading: "Laster …",
};

const nn: Messages = {
  query: "Spørjing i SPARQL", run: "Køyr", cancel: "Avbryt", format: "Formater", plan: "Plan", profile: "Profil", share: "Del", newTab: "Ny spørjing", closeTab: "Lukk",
  tabs: "Spørjingar", untitled: "Spørjing", rename: "Gje nytt namn", keys: "Ctrl og Enter køyrer spørjinga. Ctrl og mellomrom fullfører namn. Escape og deretter Tab går ut av feltet.",
  keysShort: "Ctrl + Enter køyrer", examples: "Døme", history: "Historikk", noHistory: "Spørjingar du køyrer, blir lista opp her. Dei blir i denne nettlesaren.", clear: "Tøm historikken",
  valid: "Gyldig", update: "oppdatering", line: "Linje", column: "kolonne", showMistake: "Vis staden",
  result: "Resultat", views: "Vis som", table: "Tabell", raw: "Rådata", chart: "Diagram", map: "Kart", running: "Køyrer …", rowsSoFar: "rader så langt",
  row: "rad", rows: "rader", triple: "trippel", triples: "triplar", in: "på", seconds: "s", firstRows: "Dei første {n} er viste; nedlastinga har alle.", cancelled: "Avbroten.",
  broken: "Svaret braut av etter {n} rader og er ikkje fullstendig.", failed: "Tenaren svara ikkje.", yes: "Ja", no: "Nei", empty: "Spørjinga gav ingen treff.",
  download: "Last ned", page: "Side", of: "av", previous: "Førre", next: "Neste", filter: "Filtrer radene", noneLeft: "Ingen rad har denne teksten.",
  sortBy: "Sorter etter", rawFormat: "Format", rawCut: "Dei første {n} teikna er viste; nedlastinga har alt.", copied: "Lenkja er kopiert.", copyThis: "Lenkja til spørjinga:",
  tooLong: "Spørjinga er for lang til ei lenkje.", chartType: "Type", bars: "Søyler", lines: "Linje", labelColumn: "Etikettar", valueColumn: "Verdiar",
  noChart: "Eit diagram krev ei kolonne med tal.", chartCut: "Dei første {n} verdiane er teikna.", noMap: "Eit kart krev ei kolonne med geometriar (WKT eller GeoJSON), eller éi med breiddegrader og éi med lengdegrader.",
  zoomIn: "Zoom inn", zoomOut: "Zoom ut", zoomAll: "Vis alt", place: "stad", places: "stader", north: "N", planTitle: "Plan", profileTitle: "Profil", rowsEstimated: "rekna med",
  operator: "operator", time: "tid", pages: "sider", own: "eigen", total: "i alt", incomplete: "Køyringa vart avslutta for tidleg:", badEstimate: "overslaget er langt unna",
  updated: "Ferdig: la til {i}, fjerna {d}, versjon {c}.", statement: "utsegn", statements: "utsegner", token: "Nøkkel", tokenText: "Skriving krev ein nøkkel med skriverett.", tokenShort: "Nøkkel", tokenUse: "Med ein nøkkel ser og endrar ein det han gjev rett til. Han blir hugsa til fana blir lukka.", tokenKept: "Nøkkelen blir brukt frå no av.", tokenForget: "Gløym", send: "Send", closed: "Skriving er stengd på denne tenaren.",
  unbound: "", topicOther: "Anna", loading: "Lastar …",
};

export const m: Messages = ({ en, nb, nn } as Record<string, Messages>)[document.documentElement.lang] ?? en;

// phrases are the words of CodeMirror.
export const phrases: Record<string, string> = ({
  nb: {
    Find: "Finn", Replace: "Erstatt med", next: "neste", previous: "forrige", all: "alle", "match case": "skill store og små", regexp: "regulært uttrykk", "by word": "hele ord",
    replace: "erstatt", "replace all": "erstatt alle", close: "lukk", "current match": "dette treffet", "on line": "på linje", "replaced match on line $": "erstattet treffet på linje $",
    "replaced $ matches": "erstattet $ treff", "Go to line": "Gå til linje", go: "gå", Completions: "Forslag", "Control character": "Kontrolltegn", "Selection deleted": "Det merkede er slettet",
  },
  nn: {
    Find: "Finn", Replace: "Byt ut med", next: "neste", previous: "førre", all: "alle", "match case": "skil store og små", regexp: "regulært uttrykk", "by word": "heile ord",
    replace: "byt ut", "replace all": "byt ut alle", close: "lukk", "current match": "dette treffet", "on line": "på linje", "replaced match on line $": "bytte ut treffet på linje $",
    "replaced $ matches": "bytte ut $ treff", "Go to line": "Gå til linje", go: "gå", Completions: "Forslag", "Control character": "Kontrollteikn", "Selection deleted": "Det merkte er sletta",
  },
} as Record<string, Record<string, string>>)[document.documentElement.lang] ?? {};

export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (_, k) => String(values[k] ?? ""));
}
