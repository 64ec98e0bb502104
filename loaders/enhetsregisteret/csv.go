package enhetsregisteret

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"triplestore/loaders/identity"
	"triplestore/loaders/source"
)

// maxRow limits the bytes of one row of a CSV file.
const maxRow = 1 << 20

// csv reads a dump of the register as CSV. In some rows of it, text columns hold quotes that are not escaped, and commas and line ends behind
// them, so that a reader of CSV finds too many columns or joins rows. Here a row begins where a line begins with an organisation
// number; in a row with a wrong number of columns what stands before the first column of free text is kept, what follows is left out, and that is told.
func (r *run) csv(ctx context.Context, in io.Reader, name string, sub bool) error {
	br := bufio.NewReaderSize(in, 256<<10)
	if bom, err := br.Peek(3); err == nil && string(bom) == "\xEF\xBB\xBF" {
		br.Discard(3) //nolint:errcheck // these bytes are there
	}
	head, err := line(br)
	if err != nil && (err != io.EOF || head == "") {
		if err == io.EOF {
			err = errors.New("there are no units in it")
		}
		return invalid(name, 0, err)
	}
	t, err := newTable(head)
	if err != nil {
		return source.WithClass(source.Invalid, fmt.Errorf("%s: %w", name, err))
	}
	w := r.writer()
	var row strings.Builder
	count, lineNo, rowLine := 0, 1, 2
	flush := func() error {
		text := strings.TrimRight(row.String(), "\r\n")
		row.Reset()
		if strings.TrimSpace(text) == "" {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		count++
		place := source.Place{Source: name, Line: rowLine}
		u := Unit{Sub: sub}
		shifted, err := t.read(&u, text)
		if err != nil {
			r.to.Note(source.Note{Sort: source.Rejected, Message: err.Error(), Place: place})
			return nil //nolint:nilerr // it is told
		}
		if shifted != "" {
			r.to.Note(source.Note{Sort: source.Rejected, Message: shifted, Place: place, Record: UnitBase + u.Number})
		}
		if count%10_000 == 0 {
			r.to.Progress(source.Progress{Doing: "reading " + name, Unit: "rows", Done: int64(count), Records: int64(count)})
		}
		return r.deliver(w, &u, r.personal(&u), place)
	}
	for {
		l, err := line(br)
		if err != nil && err != io.EOF {
			return invalid(name, 0, err)
		}
		if l == "" && err == io.EOF {
			break
		}
		lineNo++
		if t.begins(l) || row.Len() == 0 {
			if err := flush(); err != nil {
				return err
			}
			rowLine = lineNo
		}
		row.WriteString(l)
		if row.Len() > maxRow {
			return source.Errorf(source.Invalid, "%s: the row of line %d is longer than %d bytes", name, rowLine, maxRow)
		}
		if err == io.EOF {
			break
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if count == 0 {
		return source.Errorf(source.Invalid, "%s: there are no units in it", name)
	}
	return nil
}

// line reads a line with its end.
func line(br *bufio.Reader) (string, error) {
	var b []byte
	for {
		part, err := br.ReadSlice('\n')
		b = append(b, part...)
		if len(b) > maxRow {
			return "", fmt.Errorf("a line is longer than %d bytes", maxRow)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return string(b), err
		}
	}
}

// table is the header of a CSV file.
type table struct {
	columns []string
	comma   byte
	// text is the first column that people wrote freely, or the number of columns.
	text int
}

func newTable(head string) (*table, error) {
	t := &table{comma: ','}
	if strings.Count(head, ";") > strings.Count(head, ",") {
		t.comma = ';'
	}
	t.columns = fields(nil, strings.TrimRight(head, "\r\n"), t.comma)
	if len(t.columns) < 2 || t.columns[0] != "organisasjonsnummer" {
		return nil, fmt.Errorf("its first column is %q and not organisasjonsnummer", clip(strings.TrimSpace(head)))
	}
	t.text = len(t.columns)
	for i, c := range t.columns {
		if c == "vedtektsfestetFormaal" || c == "aktivitet" {
			t.text = i
			break
		}
	}
	return t, nil
}

// begins tells whether a line is the first of a row.
func (t *table) begins(l string) bool {
	quoted := strings.HasPrefix(l, `"`)
	l = strings.TrimPrefix(l, `"`)
	if len(l) < 10 {
		return false
	}
	for i := range 9 {
		if l[i] < '0' || l[i] > '9' {
			return false
		}
	}
	if quoted {
		return l[9] == '"' && len(l) > 10 && l[10] == t.comma
	}
	return l[9] == t.comma
}

// fields splits a row. A quote ends a field where a separator or the end follows.
func fields(out []string, s string, comma byte) []string {
	for {
		if !strings.HasPrefix(s, `"`) {
			i := strings.IndexByte(s, comma)
			if i < 0 {
				return append(out, s)
			}
			out, s = append(out, s[:i]), s[i+1:]
			continue
		}
		end, doubled := -1, false
		for i := 1; i < len(s); i++ {
			if s[i] != '"' {
				continue
			}
			if i+1 == len(s) || s[i+1] == comma {
				end = i
				break
			}
			if s[i+1] == '"' {
				doubled = true
				i++
				if i+1 == len(s) { // a field that ends in a quote that nobody closed
					break
				}
			}
		}
		if end < 0 {
			return append(out, strings.ReplaceAll(s[1:], `""`, `"`))
		}
		f := s[1:end]
		if doubled {
			f = strings.ReplaceAll(f, `""`, `"`)
		}
		out = append(out, f)
		if end+1 == len(s) {
			return out
		}
		s = s[end+2:]
	}
}

// read reads a row. shifted tells what is wrong with its columns, if something is.
func (t *table) read(u *Unit, row string) (shifted string, err error) {
	cells := fields(make([]string, 0, len(t.columns)), row, t.comma)
	n := len(t.columns)
	if len(cells) != len(t.columns) {
		n = min(t.text, len(cells))
		shifted = "the row has " + strconv.Itoa(len(cells)) + " columns and not " + strconv.Itoa(len(t.columns)) +
			"; what stands behind column " + strconv.Itoa(n) + " is left out"
	}
	for i := range n {
		value := strings.TrimSpace(cells[i])
		if value == "" {
			continue
		}
		if err := u.column(t.columns[i], value); err != nil {
			if i >= t.text {
				return "a text column is broken; what stands behind column " + strconv.Itoa(t.text) + " is left out", nil
			}
			return "", err
		}
	}
	if !identity.OrganisationNumber(u.Number) {
		return "", fmt.Errorf("organisasjonsnummer: %q is no organisation number", clip(u.Number))
	}
	return shifted, nil
}

// column sets what a column of the CSV stands for. The names are those of the JSON, joined by points.
func (u *Unit) column(name, value string) error {
	group, part, dotted := strings.Cut(name, ".")
	if dotted {
		switch group {
		case "organisasjonsform":
			u.Form.column(part, value)
		case "naeringskode1":
			u.Industry[0].column(part, value)
		case "naeringskode2":
			u.Industry[1].column(part, value)
		case "naeringskode3":
			u.Industry[2].column(part, value)
		case "institusjonellSektorkode":
			u.Sector.column(part, value)
		case "forretningsadresse":
			u.Business.column(part, value)
		case "beliggenhetsadresse":
			u.Sub = true
			u.Business.column(part, value)
		case "postadresse":
			u.Postal.column(part, value)
		}
		return nil
	}
	switch name {
	case "organisasjonsnummer", "navn", "hjemmeside", "registreringsdatoEnhetsregisteret", "registreringsdatoIEnhetsregisteret", "overordnetEnhet",
		"stiftelsesdato", "oppstartsdato", "nedleggelsesdato", "slettedato", "konkursdato", "underAvviklingDato", "maalform":
		return u.member(name, `"`+quoteless(value)+`"`)
	case "vedtektsfestetFormaal":
		u.Purpose = value
	case "aktivitet":
		u.Activity = value
	case "antallAnsatte":
		return u.member(name, value)
	case "harRegistrertAntallAnsatte", "konkurs", "underAvvikling", "underTvangsavviklingEllerTvangsopplosning", "registrertIMvaregisteret",
		"registrertIForetaksregisteret", "registrertIStiftelsesregisteret", "registrertIFrivillighetsregisteret":
		switch strings.ToLower(value) {
		case "j", "ja", "true", "1":
			value = "true"
		case "n", "nei", "false", "0":
			value = "false"
		}
		return u.member(name, value)
	}
	return nil
}

// quoteless makes a text safe between the quotes of JSON.
func quoteless(s string) string {
	if !strings.ContainsAny(s, "\"\\\n\r\t") {
		return s
	}
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ", "\r", "", "\t", " ").Replace(s)
}

func (c *Code) column(part, value string) {
	switch part {
	case "kode":
		c.Code = value
	case "beskrivelse":
		c.Label = value
	}
}

func (a *Address) column(part, value string) {
	switch part {
	case "adresse":
		a.Lines[0] = value
	case "postnummer":
		a.PostCode = value
	case "poststed":
		a.PostName = value
	case "kommune":
		a.Municipality = value
	case "kommunenummer":
		a.MunicipalityNumber = value
	case "land":
		a.Country = value
	case "landkode":
		a.CountryCode = value
	}
}
