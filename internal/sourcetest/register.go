package sourcetest

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// Number gives the n-th organisation number of a series that the register has never used: it begins with 1 to 7.
func Number(n int) string {
	for v := 100_000_00 + n*2; ; v++ {
		s := fmt.Sprintf("%08d", v)
		sum := 0
		for i, w := range [8]int{3, 2, 7, 6, 5, 4, 3, 2} {
			sum += int(s[i]-'0') * w
		}
		if d := (11 - sum%11) % 11; d < 10 {
			return s + string(rune('0'+d))
		}
	}
}

var (
	registerForms = [][2]string{{"AS", "Aksjeselskap"}, {"ENK", "Enkeltpersonforetak"}, {"FLI", "Forening/lag/innretning"}, {"NUF", "Norskregistrert utenlandsk foretak"},
		{"ESEK", "Eierseksjonssameie"}, {"SA", "Samvirkeforetak"}, {"DA", "Ansvarlig selskap med delt ansvar"}, {"KOMM", "Kommune"}, {"ORGL", "Organisasjonsledd"},
		{"STI", "Stiftelse"}}
	registerIndustries = [][2]string{{"01.110", "Dyrking av korn, unntatt ris"}, {"41.200", "Oppføring av bygninger"}, {"43.320", "Snekkerarbeid"},
		{"47.110", "Butikkhandel med bredt vareutvalg"}, {"49.410", "Godstransport på vei"}, {"56.101", "Drift av restauranter og kafeer"},
		{"62.010", "Programmeringstjenester"}, {"68.209", "Utleie av egen eller leid fast eiendom"}, {"84.110", "Generell offentlig administrasjon"},
		{"85.202", "Ordinær grunnskole"}, {"86.211", "Allmenn legetjeneste"}, {"94.991", "Aktiviteter i andre interesseorganisasjoner"}}
	registerSectors = [][2]string{{"2100", "Private aksjeselskaper mv."}, {"8200", "Personlig næringsdrivende"}, {"7000", "Ideelle organisasjoner"},
		{"6100", "Statsforvaltningen"}, {"6500", "Kommuneforvaltningen"}}
	registerPlaces = [][3]string{{"0301", "OSLO", "0150"}, {"4601", "BERGEN", "5003"}, {"5001", "TRONDHEIM", "7011"}, {"1103", "STAVANGER", "4006"},
		{"5501", "TROMSØ", "9008"}, {"1804", "BODØ", "8006"}, {"3201", "BÆRUM", "1337"}, {"1813", "BRØNNØY", "8900"}, {"3401", "KONGSVINGER", "2211"},
		{"4204", "KRISTIANSAND", "4611"}, {"1506", "MOLDE", "6413"}, {"5601", "ALTA", "9510"}}
)

// WriteRegister writes n generated units in the register's JSON, main or sub units, the same for the same seed. Sub units belong to the first
// mains main units.
func WriteRegister(w io.Writer, n, mains int, sub bool, seed uint64) error {
	b := bufio.NewWriterSize(w, 1<<20)
	r := rand.New(rand.NewPCG(seed, 7))
	b.WriteByte('[') //nolint:errcheck // Flush tells
	for i := range n {
		if i > 0 {
			b.WriteByte(',') //nolint:errcheck // Flush tells
		}
		b.WriteString(registerUnit(r, i, mains, sub)) //nolint:errcheck // Flush tells
	}
	b.WriteString("]\n") //nolint:errcheck // Flush tells
	return b.Flush()
}

// RegisterUnit is one generated unit.
func RegisterUnit(i, mains int, sub bool, seed uint64) string {
	return registerUnit(rand.New(rand.NewPCG(seed, uint64(i))), i, mains, sub)
}

func registerUnit(r *rand.Rand, i, mains int, sub bool) string {
	var b strings.Builder
	number := Number(i)
	form := registerForms[r.IntN(len(registerForms))]
	if sub {
		number = Number(5_000_000 + i)
		form = [2]string{"BEDR", "Underenhet til næringsdrivende og offentlig forvaltning"}
	}
	industry := registerIndustries[r.IntN(len(registerIndustries))]
	place := registerPlaces[r.IntN(len(registerPlaces))]
	date := func() string { return fmt.Sprintf("%04d-%02d-%02d", 1995+r.IntN(31), 1+r.IntN(12), 1+r.IntN(28)) }
	address := func(key string) {
		fmt.Fprintf(&b, `,%q:{"land":"Norge","landkode":"NO","postnummer":%q,"poststed":%q,"adresse":["Eksempelveien %d"],"kommune":%q,"kommunenummer":%q}`,
			key, place[2], place[1], 1+r.IntN(200), place[1], place[0])
	}
	fmt.Fprintf(&b, `{"organisasjonsnummer":%q,"navn":"EKSEMPEL %d %s","organisasjonsform":{"kode":%q,"beskrivelse":%q,"_links":{"self":{"href":"https://data.brreg.no/enhetsregisteret/api/organisasjonsformer/%s"}}}`,
		number, i, form[0], form[0], form[1], form[0])
	if r.IntN(4) == 0 {
		fmt.Fprintf(&b, `,"hjemmeside":"www.eksempel-%d.example"`, i)
	}
	if r.IntN(3) == 0 {
		fmt.Fprintf(&b, `,"epostadresse":"post%d@eksempel.example","telefon":"00 00 00 00","mobil":"000 00 000"`, i)
	}
	fmt.Fprintf(&b, `,"registreringsdatoEnhetsregisteret":%q,"registrertIMvaregisteret":%t,"naeringskode1":{"kode":%q,"beskrivelse":%q}`,
		date(), r.IntN(2) == 0, industry[0], industry[1])
	if r.IntN(8) == 0 {
		second := registerIndustries[r.IntN(len(registerIndustries))]
		fmt.Fprintf(&b, `,"naeringskode2":{"kode":%q,"beskrivelse":%q}`, second[0], second[1])
	}
	switch r.IntN(4) {
	case 0:
		fmt.Fprintf(&b, `,"antallAnsatte":%d,"harRegistrertAntallAnsatte":true`, 5+r.IntN(500))
	case 1:
		b.WriteString(`,"harRegistrertAntallAnsatte":true`)
	default:
		b.WriteString(`,"harRegistrertAntallAnsatte":false`)
	}
	if sub {
		fmt.Fprintf(&b, `,"overordnetEnhet":%q,"oppstartsdato":%q`, Number(r.IntN(max(1, mains))), date())
		address("beliggenhetsadresse")
	} else {
		sector := registerSectors[r.IntN(len(registerSectors))]
		fmt.Fprintf(&b, `,"institusjonellSektorkode":{"kode":%q,"beskrivelse":%q}`, sector[0], sector[1])
		address("forretningsadresse")
		if r.IntN(3) == 0 {
			address("postadresse")
		}
		if r.IntN(20) == 0 && i > 0 {
			fmt.Fprintf(&b, `,"overordnetEnhet":%q`, Number(r.IntN(i)))
		}
		fmt.Fprintf(&b, `,"stiftelsesdato":%q,"registrertIForetaksregisteret":true,"registrertIStiftelsesregisteret":false,"registrertIFrivillighetsregisteret":false`, date())
		fmt.Fprintf(&b, `,"konkurs":%t,"underAvvikling":%t,"underTvangsavviklingEllerTvangsopplosning":false,"maalform":"Bokmål"`, r.IntN(100) == 0, r.IntN(50) == 0)
		b.WriteString(`,"vedtektsfestetFormaal":["Drift av eksempler og det som står i","forbindelse med dette, herunder å delta i andre eksempler."],"aktivitet":["Eksempler."]`)
	}
	fmt.Fprintf(&b, `,"_links":{"self":{"href":"https://data.brreg.no/enhetsregisteret/api/enheter/%s"}}}`, number)
	return b.String()
}
