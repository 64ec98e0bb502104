package store

import (
	"context"

	"triplestore/rdf"
	"triplestore/vocab"
)

// Statistics are exact counts of one state: what a query planner and a description with VoID want to know.
type Statistics struct {
	// Commit is the state.
	Commit Commit
	// Predicates, in order of ID.
	Predicates []PredicateStatistics
	// Classes are the objects of rdf:type, in order of ID.
	Classes []ClassStatistics
	// Graphs are as Snapshot.Graphs gives them.
	Graphs []GraphCount
}

// PredicateStatistics counts the quads with a predicate, in all graphs, and how many different subjects and objects they have.
type PredicateStatistics struct {
	Predicate                ID
	Quads, Subjects, Objects uint64
}

// ClassStatistics counts the different subjects that are of a class, in whatever graph that is said.
type ClassStatistics struct {
	Class     ID
	Instances uint64
}

// Statistician is a Snapshot that remembers its statistics.
type Statistician interface {
	Statistics(ctx context.Context) (*Statistics, error)
}

// StatisticsOf counts a snapshot. It reads a few pages for each predicate, class and graph, not every quad, and nothing where the
// snapshot is a Statistician that has been asked before. The result is read-only.
func StatisticsOf(ctx context.Context, n Snapshot) (*Statistics, error) {
	if s, ok := n.(Statistician); ok {
		return s.Statistics(ctx)
	}
	return CountStatistics(ctx, n)
}

// CountStatistics is StatisticsOf without anything remembered.
func CountStatistics(ctx context.Context, n Snapshot) (*Statistics, error) {
	st := &Statistics{Commit: n.Commit()}
	err := Values(ctx, n, POSG, nil, func(p ID, quads uint64) error {
		subjects, err := n.Distinct(Range{Order: PSOG, Prefix: []ID{p}})
		if err != nil {
			return err
		}
		objects, err := n.Distinct(Range{Order: POSG, Prefix: []ID{p}})
		st.Predicates = append(st.Predicates, PredicateStatistics{p, quads, subjects, objects})
		return err
	})
	if err != nil {
		return nil, err
	}
	typ, ok, err := n.ID(rdf.IRI(vocab.RDFType))
	if err != nil {
		return nil, err
	}
	if ok {
		err = Values(ctx, n, POSG, []ID{typ}, func(class ID, _ uint64) error {
			instances, err := n.Distinct(Range{Order: POSG, Prefix: []ID{typ, class}})
			st.Classes = append(st.Classes, ClassStatistics{class, instances})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	st.Graphs, err = n.Graphs()
	return st, err
}

// Values calls fn with the different values of the column after a prefix, in order, and the number of quads that have them. It jumps
// from one to the next. The prefix has at most three columns.
func Values(ctx context.Context, n Snapshot, o Order, prefix []ID, fn func(value ID, quads uint64) error) error {
	column := len(prefix)
	c := n.Scan(ctx, Range{Order: o, Prefix: prefix}, 1<<column)
	defer c.Close()
	key := append(append(make([]ID, 0, 4), prefix...), NoID)
	for {
		b, err := c.Next()
		if err != nil || b.Len == 0 {
			return err
		}
		for rest := b.Cols[column]; len(rest) > 0; {
			value := rest[0]
			key[column] = value
			quads, err := n.Count(Range{Order: o, Prefix: key})
			if err != nil {
				return err
			}
			if err := fn(value, quads); err != nil {
				return err
			}
			if quads >= uint64(len(rest)) {
				key[column]++
				if err := c.Seek(key); err != nil {
					return err
				}
				break
			}
			rest = rest[quads:]
		}
	}
}
