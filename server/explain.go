package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"triplestore/sparql"
	"triplestore/store"
)

// planOffers are what a plan can be had in.
var planOffers = []offer{
	{"text", []string{"text/plain"}},
	{"json", []string{"application/json", "application/sparql-results+json"}},
	{"html", []string{"text/html", "application/xhtml+xml"}},
}

// planAnswer is a plan as JSON. Complete is false where a limit ended a run that was measured; Error then tells which.
type planAnswer struct {
	*sparql.PlanTree
	Complete *bool  `json:"complete,omitempty"`
	Error    string `json:"error,omitempty"`
}

// answerPlan shows how a query would be run, or runs it and shows what that took.
func (s *Server) answerPlan(ctx context.Context, w http.ResponseWriter, r *http.Request, snap store.Snapshot, q *queryRequest, o sparql.Options) error {
	format := q.format
	if _, ok := offerNamed(planOffers, format); !ok {
		format = "" // it asks for a format of the answer, which is not given here
	}
	i, _ := choose(format, r.Header, planOffers)
	if i < 0 {
		i = 0
	}
	engine := sparql.NewEngine(o)
	var text string
	var answer planAnswer
	if q.explain == explainProfile {
		shown, tree, err := engine.Profile(ctx, snap, q.text)
		if tree == nil {
			return err
		}
		complete := err == nil
		text, answer = shown, planAnswer{PlanTree: tree, Complete: &complete}
		if err != nil {
			p := problemOf(r.Context(), err)
			if p.Status == statusClientClosed || p.Status == http.StatusInternalServerError {
				return err
			}
			answer.Error = p.Error()
			text += fmt.Sprintf("ended early: %s\n", answer.Error)
		}
	} else {
		var err error
		if planOffers[i].name == "json" {
			answer.PlanTree, err = engine.ExplainTree(ctx, snap, q.text)
		} else {
			text, err = engine.Explain(ctx, snap, q.text)
		}
		if err != nil {
			return err
		}
	}
	w.Header().Set("Cache-Control", "no-cache")
	switch planOffers[i].name {
	case "html":
		page := &resultPage{page: s.newPage(r, q.text), Text: text}
		page.OpenHref = page.openIn(q.text)
		return s.render(w, r, http.StatusOK, "result", page)
	case "json":
		return writeJSON(w, r, answer)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if r.Method != http.MethodHead {
		w.Write([]byte(text)) //nolint:errcheck // the client is gone
	}
	return nil
}

func offerNamed(offers []offer, name string) (offer, bool) {
	for _, o := range offers {
		if o.name == name {
			return o, true
		}
	}
	return offer{}, false
}

// writeJSON answers with a value. Its error is one from before the answer began.
func writeJSON(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	if r.Method != http.MethodHead {
		w.Write(append(body, '\n')) //nolint:errcheck // the client is gone
	}
	return nil
}
