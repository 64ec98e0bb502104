package vocab

// RDF is the namespace of RDF.
const RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

// Terms of RDF.
const (
	RDFType          = RDF + "type"
	RDFProperty      = RDF + "Property"
	RDFStatement     = RDF + "Statement"
	RDFSubject       = RDF + "subject"
	RDFPredicate     = RDF + "predicate"
	RDFObject        = RDF + "object"
	RDFValue         = RDF + "value"
	RDFFirst         = RDF + "first"
	RDFRest          = RDF + "rest"
	RDFNil           = RDF + "nil"
	RDFList          = RDF + "List"
	RDFBag           = RDF + "Bag"
	RDFSeq           = RDF + "Seq"
	RDFAlt           = RDF + "Alt"
	RDFLangString    = RDF + "langString"
	RDFDirLangString = RDF + "dirLangString"
	RDFHTML          = RDF + "HTML"
	RDFXMLLiteral    = RDF + "XMLLiteral"
	RDFJSON          = RDF + "JSON"
	RDFReifies       = RDF + "reifies"
	RDFPlainLiteral  = RDF + "PlainLiteral"
	RDFLanguage      = RDF + "language"
	RDFDirection     = RDF + "direction"
)

// RDFS is the namespace of RDF Schema.
const RDFS = "http://www.w3.org/2000/01/rdf-schema#"

// Terms of RDF Schema.
const (
	RDFSLabel                       = RDFS + "label"
	RDFSComment                     = RDFS + "comment"
	RDFSSubClassOf                  = RDFS + "subClassOf"
	RDFSSubPropertyOf               = RDFS + "subPropertyOf"
	RDFSDomain                      = RDFS + "domain"
	RDFSRange                       = RDFS + "range"
	RDFSSeeAlso                     = RDFS + "seeAlso"
	RDFSIsDefinedBy                 = RDFS + "isDefinedBy"
	RDFSMember                      = RDFS + "member"
	RDFSClass                       = RDFS + "Class"
	RDFSResource                    = RDFS + "Resource"
	RDFSLiteral                     = RDFS + "Literal"
	RDFSDatatype                    = RDFS + "Datatype"
	RDFSContainer                   = RDFS + "Container"
	RDFSContainerMembershipProperty = RDFS + "ContainerMembershipProperty"
)

// OWL is the namespace of OWL 2.
const OWL = "http://www.w3.org/2002/07/owl#"

// Terms of OWL 2.
const (
	OWLClass              = OWL + "Class"
	OWLObjectProperty     = OWL + "ObjectProperty"
	OWLDatatypeProperty   = OWL + "DatatypeProperty"
	OWLAnnotationProperty = OWL + "AnnotationProperty"
	OWLOntology           = OWL + "Ontology"
	OWLNamedIndividual    = OWL + "NamedIndividual"
	OWLThing              = OWL + "Thing"
	OWLNothing            = OWL + "Nothing"
	OWLSameAs             = OWL + "sameAs"
	OWLInverseOf          = OWL + "inverseOf"
	OWLImports            = OWL + "imports"
	OWLVersionInfo        = OWL + "versionInfo"
	OWLVersionIRI         = OWL + "versionIRI"
	OWLDeprecated         = OWL + "deprecated"
	OWLEquivalentClass    = OWL + "equivalentClass"
	OWLEquivalentProperty = OWL + "equivalentProperty"
	OWLDifferentFrom      = OWL + "differentFrom"
	OWLRational           = OWL + "rational"
	OWLReal               = OWL + "real"
)

// SHACL is the namespace of SHACL.
const SHACL = "http://www.w3.org/ns/shacl#"

// Terms of SHACL.
const (
	SHACLNodeShape        = SHACL + "NodeShape"
	SHACLPropertyShape    = SHACL + "PropertyShape"
	SHACLValidationReport = SHACL + "ValidationReport"
	SHACLValidationResult = SHACL + "ValidationResult"
	SHACLConforms         = SHACL + "conforms"
	SHACLResult           = SHACL + "result"
	SHACLFocusNode        = SHACL + "focusNode"
	SHACLResultPath       = SHACL + "resultPath"
	SHACLResultMessage    = SHACL + "resultMessage"
	SHACLResultSeverity   = SHACL + "resultSeverity"
	SHACLValue            = SHACL + "value"
	SHACLSourceShape      = SHACL + "sourceShape"
	SHACLTargetClass      = SHACL + "targetClass"
	SHACLProperty         = SHACL + "property"
	SHACLPath             = SHACL + "path"
	SHACLDatatype         = SHACL + "datatype"
	SHACLMinCount         = SHACL + "minCount"
	SHACLMaxCount         = SHACL + "maxCount"
	SHACLClass            = SHACL + "class"
	SHACLNodeKind         = SHACL + "nodeKind"
	SHACLPrefix           = SHACL + "prefix"
	SHACLNamespace        = SHACL + "namespace"
	SHACLDeclare          = SHACL + "declare"
)

// VANN is the namespace of VANN.
const VANN = "http://purl.org/vocab/vann/"

// Terms of VANN.
const (
	VANNPreferredNamespacePrefix = VANN + "preferredNamespacePrefix"
	VANNPreferredNamespaceUri    = VANN + "preferredNamespaceUri"
)
