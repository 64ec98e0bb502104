package syntax

// expr reads Expression. Chains of || and && become trees of logarithmic depth, which changes nothing as both operators are
// associative, with errors too; other chains count as nesting.
func (p *parser) expr() Expr {
	p.enter()
	defer p.leave()
	parts := []Expr{p.conjunction()}
	for p.accept("||") {
		parts = append(parts, p.conjunction())
	}
	return balance("||", parts)
}

func (p *parser) conjunction() Expr {
	parts := []Expr{p.relational()}
	for p.accept("&&") {
		parts = append(parts, p.relational())
	}
	return balance("&&", parts)
}

func balance(op string, parts []Expr) Expr {
	if len(parts) == 1 {
		return parts[0]
	}
	// The tree leans to the left for short chains, as the grammar has it.
	mid := (len(parts) + 1) / 2
	l, r := balance(op, parts[:mid]), balance(op, parts[mid:])
	return &Call{Span: Span{l.At().Start, r.At().End}, Func: op, Args: []Expr{l, r}}
}

func (p *parser) relational() Expr {
	left := p.additive()
	start := left.At().Start
	switch {
	case p.tok.kind == tokPunct:
		switch op := p.tok.value; op {
		case "=", "!=", "<", ">", "<=", ">=":
			p.advance()
			if op == "=" && p.is("=") {
				p.failAt(p.tok.Span, "equality is written with one '='")
			}
			right := p.additive()
			return &Call{Span: p.since(start), Func: op, Args: []Expr{left, right}}
		}
	case p.isWord("IN"):
		p.advance()
		args := p.exprList(left)
		return &Call{Span: p.since(start), Func: "IN", Args: args}
	case p.isWord("NOT"):
		p.advance()
		if !p.acceptWord("IN") {
			p.expected("IN after NOT")
		}
		args := p.exprList(left)
		return &Call{Span: p.since(start), Func: "NOT IN", Args: args}
	}
	return left
}

// exprList reads ExpressionList after the arguments that are there.
func (p *parser) exprList(args ...Expr) []Expr {
	p.expect("(", " and a list of expressions")
	if p.accept(")") {
		return args
	}
	for {
		args = append(args, p.expr())
		if !p.accept(",") {
			break
		}
	}
	p.expect(")", " or ',' in the list")
	return args
}

func (p *parser) binary(op string, l, r Expr) Expr {
	return &Call{Span: Span{l.At().Start, r.At().End}, Func: op, Args: []Expr{l, r}}
}

func (p *parser) additive() Expr {
	depth := p.depth
	left := p.multiplicative(p.unary())
	for {
		switch {
		case p.is("+"), p.is("-"):
			op := p.tok.value
			p.advance()
			p.enter()
			left = p.binary(op, left, p.multiplicative(p.unary()))
		case p.tok.kind == tokNumber && !isDigit(p.tok.value[0]) && p.tok.value[0] != '.':
			// "?a -1" is a token for the variable and one for the number with its sign.
			t := p.tok
			p.advance()
			p.enter()
			number := Expr(&Const{Span{t.Start + 1, t.End}, number(t.value[1:])})
			left = p.binary(t.value[:1], left, p.multiplicative(number))
		default:
			p.depth = depth
			return left
		}
	}
}

func (p *parser) multiplicative(left Expr) Expr {
	depth := p.depth
	for p.is("*") || p.is("/") {
		op := p.tok.value
		p.advance()
		p.enter()
		left = p.binary(op, left, p.unary())
	}
	p.depth = depth
	return left
}

func (p *parser) unary() Expr {
	start := p.tok.Start
	if !p.is("!") && !p.is("+") && !p.is("-") {
		return p.primary()
	}
	p.enter()
	defer p.leave()
	op := p.tok.value
	if op != "!" {
		op = "unary" + op
	}
	p.advance()
	arg := p.primaryOrNot(op == "!")
	return &Call{Span: p.since(start), Func: op, Args: []Expr{arg}}
}

// primaryOrNot allows a further ! after !, as SPARQL 1.2 does.
func (p *parser) primaryOrNot(not bool) Expr {
	if not && p.is("!") {
		return p.unary()
	}
	return p.primary()
}

func (p *parser) varExpr() Expr {
	start := p.tok.Start
	name := p.variable("a variable")
	return &Var{p.since(start), name}
}

func (p *parser) primary() Expr {
	start := p.tok.Start
	switch {
	case p.tok.kind == tokVar:
		return p.varExpr()
	case p.is("("):
		return p.brackets()
	case p.isIRI():
		return p.iriOrFunction()
	case p.isLiteral():
		t := p.literal()
		return &Const{p.since(start), t}
	case p.is("<<("):
		return p.exprTriple()
	case p.is("<<"):
		p.failAt(p.tok.Span, "a reified triple is not allowed in an expression; a triple term is written <<( … )>>")
	case p.tok.kind == tokBlank, p.is("["):
		p.failAt(p.tok.Span, "a blank node is not allowed in an expression")
	case p.tok.kind == tokWord:
		return p.builtIn()
	}
	p.expected("an expression")
	return nil
}

func (p *parser) brackets() Expr {
	p.expect("(", "")
	e := p.expr()
	p.expect(")", " at the end of the expression")
	return e
}

// constraint reads Constraint.
func (p *parser) constraint() Expr {
	switch {
	case p.is("("):
		return p.brackets()
	case p.isIRI():
		return p.functionCall()
	case p.tok.kind == tokWord && !p.isLiteral():
		return p.builtIn()
	}
	p.expected("'(' or a function")
	return nil
}

// functionCall reads a built-in function or the call of a function by its IRI.
func (p *parser) functionCall() Expr {
	if p.tok.kind == tokWord {
		return p.builtIn()
	}
	e := p.iriOrFunction()
	if _, ok := e.(*Call); !ok {
		p.expected("'(' and the arguments of the function")
	}
	return e
}

func (p *parser) iriOrFunction() Expr {
	start := p.tok.Start
	t := p.iriTerm("an IRI")
	if !p.is("(") {
		return &Const{p.since(start), t}
	}
	call := &Call{Func: "<" + t.Value() + ">"}
	p.advance()
	if p.accept(")") {
		call.Span = p.since(start)
		return call
	}
	if p.acceptWord("DISTINCT") {
		call.Distinct = true
	}
	for {
		call.Args = append(call.Args, p.expr())
		if !p.accept(",") {
			break
		}
	}
	p.expect(")", " or ',' in the arguments")
	call.Span = p.since(start)
	return call
}

// exprTriple reads ExprTripleTerm.
func (p *parser) exprTriple() Expr {
	start := p.tok.Start
	p.enter()
	defer p.leave()
	p.advance()
	t := &TripleExpr{}
	at := p.tok.Start
	switch {
	case p.tok.kind == tokVar:
		t.S = p.varExpr()
	default:
		s := p.iriTerm("an IRI or a variable as the subject of the triple term")
		t.S = &Const{p.since(at), s}
	}
	at = p.tok.Start
	switch {
	case p.tok.kind == tokVar:
		t.P = p.varExpr()
	case p.tok.kind == tokWord && p.tok.value == "a":
		p.advance()
		t.P = &Const{p.since(at), rdfType}
	default:
		verb := p.iriTerm("an IRI or a variable as the predicate of the triple term")
		t.P = &Const{p.since(at), verb}
	}
	at = p.tok.Start
	switch {
	case p.tok.kind == tokVar:
		t.O = p.varExpr()
	case p.is("<<("):
		t.O = p.exprTriple()
	case p.isLiteral():
		o := p.literal()
		t.O = &Const{p.since(at), o}
	default:
		o := p.iriTerm("an IRI, a literal, a variable or a triple term as the object of the triple term")
		t.O = &Const{p.since(at), o}
	}
	p.expect(")>>", " at the end of the triple term")
	t.Span = p.since(start)
	return t
}
