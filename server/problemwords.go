package server

// problemWords are the titles of problems that a reader of pages can meet, in Bokmål and Nynorsk. Their details name what programs said, so they stay English,
// as titles do that only programs are sent.
var problemWords = map[string][2]string{
	"The query is not valid SPARQL":                          {"Spørringen er ikke gyldig SPARQL", "Spørjinga er ikkje gyldig SPARQL"},
	"The query is not valid UTF-8":                           {"Spørringen er ikke gyldig UTF-8", "Spørjinga er ikkje gyldig UTF-8"},
	"The query took too long":                                {"Spørringen tok for lang tid", "Spørjinga tok for lang tid"},
	"The query needs too much memory":                        {"Spørringen trenger for mye minne", "Spørjinga treng for mykje minne"},
	"The query makes too long a string":                      {"Spørringen lager en for lang tekst", "Spørjinga lagar ein for lang tekst"},
	"The query has too many results":                         {"Spørringen gir for mange svar", "Spørjinga gir for mange svar"},
	"The query uses a feature that is not here yet":          {"Spørringen bruker noe som ikke finnes her ennå", "Spørjinga bruker noko som ikkje finst her enno"},
	"The query asks an endpoint that is not allowed":         {"Spørringen spør et endepunkt som ikke er tillatt", "Spørjinga spør eit endepunkt som ikkje er tillate"},
	"The query asks an endpoint that did not answer":         {"Spørringen spør et endepunkt som ikke svarte", "Spørjinga spør eit endepunkt som ikkje svarte"},
	"The query asks an endpoint that took too long":          {"Spørringen spør et endepunkt som brukte for lang tid", "Spørjinga spør eit endepunkt som brukte for lang tid"},
	"The server has no memory left for the query now":        {"Tjeneren har ikke minne til spørringen nå", "Tenaren har ikkje minne til spørjinga no"},
	"The server has too many queries to answer":              {"Tjeneren har for mange spørringer å svare på", "Tenaren har for mange spørjingar å svare på"},
	"The server is stopping":                                 {"Tjeneren er i ferd med å stoppe", "Tenaren er i ferd med å stoppe"},
	"Too much at a time":                                     {"For mye på en gang", "For mykje på ein gong"},
	"Something went wrong in the server":                     {"Noe gikk galt i tjeneren", "Noko gjekk gale i tenaren"},
	"The store could not be read":                            {"Lageret kunne ikke leses", "Lageret kunne ikkje lesast"},
	"A parameter of the query is wrong":                      {"En parameter til spørringen er feil", "Ein parameter til spørjinga er feil"},
	"The parameters cannot be read":                          {"Parameterne kan ikke leses", "Parametrane kan ikkje lesast"},
	"The name of a parameter is not valid UTF-8":             {"Navnet på en parameter er ikke gyldig UTF-8", "Namnet på ein parameter er ikkje gyldig UTF-8"},
	"The parameter at cannot be read":                        {"Parameteren at kan ikke leses", "Parameteren at kan ikkje lesast"},
	"More than one state is named":                           {"Mer enn én tilstand er oppgitt", "Meir enn éin tilstand er oppgitt"},
	"The state that was asked for is not here":               {"Tilstanden det ble spurt etter, finnes ikke her", "Tilstanden det vart spurt etter, finst ikkje her"},
	"The timeout cannot be read":                             {"Tidsgrensen kan ikke leses", "Tidsgrensa kan ikkje lesast"},
	"The limit cannot be read":                               {"Grensen kan ikke leses", "Grensa kan ikkje lesast"},
	"The form cannot be read":                                {"Skjemaet kan ikke leses", "Skjemaet kan ikkje lesast"},
	"The request could not be read":                          {"Forespørselen kunne ikke leses", "Førespurnaden kunne ikkje lesast"},
	"The request is too large":                               {"Forespørselen er for stor", "Førespurnaden er for stor"},
	"The request took too long to arrive":                    {"Forespørselen brukte for lang tid på å komme fram", "Førespurnaden brukte for lang tid på å kome fram"},
	"The IRI is not valid":                                   {"IRI-en er ikke gyldig", "IRI-en er ikkje gyldig"},
	"There is no IRI":                                        {"Det mangler en IRI", "Det manglar ein IRI"},
	"A graph is not named by an IRI":                         {"En graf er ikke oppgitt med en IRI", "Ein graf er ikkje oppgitt med ein IRI"},
	"The graph is not named by an absolute IRI":              {"Grafen er ikke oppgitt med en absolutt IRI", "Grafen er ikkje oppgitt med ein absolutt IRI"},
	"More than one graph is named":                           {"Mer enn én graf er oppgitt", "Meir enn éin graf er oppgitt"},
	"There is no such graph":                                 {"Grafen finnes ikke", "Grafen finst ikkje"},
	"The default graph is not known":                         {"Standardgrafen er ikke kjent", "Standardgrafen er ikkje kjend"},
	"The description is not known":                           {"Beskrivelsen er ikke kjent", "Skildringa er ikkje kjend"},
	"What to explain is not known":                           {"Det er ikke kjent hva som skal forklares", "Det er ikkje kjent kva som skal forklarast"},
	"There is no query":                                      {"Det mangler en spørring", "Det manglar ei spørjing"},
	"There are two queries":                                  {"Det er to spørringer", "Det er to spørjingar"},
	"There is more than one query":                           {"Det er mer enn én spørring", "Det er meir enn éi spørjing"},
	"The query is stored":                                    {"Spørringen er lagret", "Spørjinga er lagra"},
	"There is no such stored query":                          {"Den lagrede spørringen finnes ikke", "Den lagra spørjinga finst ikkje"},
	"There is no such page":                                  {"Siden finnes ikke", "Sida finst ikkje"},
	"There is no such property here":                         {"Egenskapen finnes ikke her", "Eigenskapen finst ikkje her"},
	"The method is not allowed here":                         {"Metoden er ikke tillatt her", "Metoden er ikkje tillaten her"},
	"Updates are not taken here":                             {"Oppdateringer tas ikke imot her", "Oppdateringar blir ikkje tekne imot her"},
	"The harvest is closed":                                  {"Høstingen er lukket", "Haustinga er lukka"},
	"The metrics are closed":                                 {"Måletallene er lukket", "Måletala er lukka"},
	"The token is not the right one":                         {"Nøkkelen er ikke den rette", "Nøkkelen er ikkje den rette"},
	"The token cannot be checked":                            {"Nøkkelen kan ikke sjekkes", "Nøkkelen kan ikkje sjekkast"},
	"The answer is not there in a format that was asked for": {"Svaret finnes ikke i et format det ble spurt etter", "Svaret finst ikkje i eit format det vart spurt etter"},
	"The format that was asked for cannot hold the answer":   {"Formatet det ble spurt etter, kan ikke romme svaret", "Formatet det vart spurt etter, kan ikkje romme svaret"},
	"The body has a media type that is not taken here":       {"Innholdet har en medietype som ikke tas imot her", "Innhaldet har ein medietype som ikkje blir teken imot her"},
	"The body is not UTF-8":                                  {"Innholdet er ikke UTF-8", "Innhaldet er ikkje UTF-8"},
	"The disk of the store is full":                          {"Disken til lageret er full", "Disken til lageret er full"},
}

// ProblemTitle is the title of the problem in the language of the page, where it has one.
func (p *page) ProblemTitle() string { title, _ := p.problemTitle(); return title }

// ProblemLang is the language of ProblemTitle.
func (p *page) ProblemLang() string { _, lang := p.problemTitle(); return lang }

func (p *page) problemTitle() (title, lang string) {
	words, ok := problemWords[p.Error.Title]
	switch {
	case ok && p.M.Lang == "nb":
		return words[0], "nb"
	case ok && p.M.Lang == "nn":
		return words[1], "nn"
	}
	return p.Error.Title, "en"
}
