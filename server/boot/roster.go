package boot

import (
	"context"
	"errors"
	"io"

	"cameo/association"
	"cameo/association/roster"
	"cameo/storage/fault"
)

// importBatch is how many rows are added in one transaction: all of them or none.
const importBatch = 500

// mostWrong is how many wrong rows are told of a dry run.
const mostWrong = 100

// Imported says what an import did.
type Imported struct {
	Rows    int // that were read
	Changed int // people who were added or changed, or would be
}

// WrongRow is what is wrong with a line of a list.
type WrongRow = association.RowError

// Import adds a list of people, in batches of which each is added as a whole or not at all. Wrong rows are
// told; the first batch that has some is not added, and the import ends before it, Malformed. A dry run adds
// nothing and goes on to the end. Repeating an import changes nothing.
func (p *People) Import(
	ctx context.Context, from io.Reader, format, file string, dry bool, tell func(WrongRow),
) (done Imported, err error) {
	f, err := roster.ParseFormat(format, file)
	if err != nil {
		return done, fault.New(fault.Invalid, "--format: want csv or jsonl")
	}
	list, err := roster.NewReader(f, from)
	if err != nil {
		return done, err
	}
	for wrong, more := 0, true; more; {
		var rows []association.Row
		var bad []WrongRow
		rows, bad, more, err = batch(list)
		if err != nil {
			return done, err
		}
		done.Rows += len(rows) + len(bad)
		changed, also, err := p.service.Import(ctx, p.operator, p.community, rows, dry || len(bad) > 0)
		if err != nil {
			return done, err
		}
		for _, one := range append(bad, also...) {
			tell(one)
		}
		wrong += len(bad) + len(also)
		if wrong == 0 {
			done.Changed += changed
		}
		if wrong > 0 && (!dry || !more || wrong >= mostWrong) {
			return done, wrongRows(wrong, dry)
		}
	}
	return done, nil
}

// wrongRows says what was done although rows are wrong.
func wrongRows(n int, dry bool) error {
	if dry {
		return fault.New(fault.Malformed, "wrong rows: %d", n)
	}
	return fault.New(fault.Malformed,
		"wrong rows: %d; nothing of their batch of %d was added, nor what stands behind it", n, importBatch)
}

// batch reads up to a batch of rows, and says whether there may be more.
func batch(list roster.Reader) (rows []association.Row, bad []WrongRow, more bool, err error) {
	for len(rows)+len(bad) < importBatch {
		row, err := list.Read()
		if errors.Is(err, io.EOF) {
			return rows, bad, false, nil
		}
		if w, ok := errors.AsType[*roster.WrongRow](err); ok {
			bad = append(bad, w.RowError)
			continue
		}
		if err != nil {
			return nil, nil, false, err
		}
		rows = append(rows, row)
	}
	return rows, bad, true, nil
}

// Export writes all people of the community. What a spreadsheet would compute is written so that it does not.
func (p *People) Export(ctx context.Context, to io.Writer, format string) error {
	f, err := roster.ParseFormat(format, "")
	if err != nil {
		return fault.New(fault.Invalid, "--format: want csv or jsonl")
	}
	list, err := roster.NewWriter(f, to)
	if err != nil {
		return err
	}
	if err := p.service.Export(ctx, p.operator, p.community, list.Write); err != nil {
		return err
	}
	return list.Flush()
}
