package vocab

// SKOS is the namespace of SKOS.
const SKOS = "http://www.w3.org/2004/02/skos/core#"

// Terms of SKOS.
const (
	SKOSConcept            = SKOS + "Concept"
	SKOSConceptScheme      = SKOS + "ConceptScheme"
	SKOSCollection         = SKOS + "Collection"
	SKOSOrderedCollection  = SKOS + "OrderedCollection"
	SKOSPrefLabel          = SKOS + "prefLabel"
	SKOSAltLabel           = SKOS + "altLabel"
	SKOSHiddenLabel        = SKOS + "hiddenLabel"
	SKOSNotation           = SKOS + "notation"
	SKOSDefinition         = SKOS + "definition"
	SKOSScopeNote          = SKOS + "scopeNote"
	SKOSExample            = SKOS + "example"
	SKOSNote               = SKOS + "note"
	SKOSChangeNote         = SKOS + "changeNote"
	SKOSEditorialNote      = SKOS + "editorialNote"
	SKOSHistoryNote        = SKOS + "historyNote"
	SKOSBroader            = SKOS + "broader"
	SKOSNarrower           = SKOS + "narrower"
	SKOSRelated            = SKOS + "related"
	SKOSBroaderTransitive  = SKOS + "broaderTransitive"
	SKOSNarrowerTransitive = SKOS + "narrowerTransitive"
	SKOSSemanticRelation   = SKOS + "semanticRelation"
	SKOSInScheme           = SKOS + "inScheme"
	SKOSHasTopConcept      = SKOS + "hasTopConcept"
	SKOSTopConceptOf       = SKOS + "topConceptOf"
	SKOSMember             = SKOS + "member"
	SKOSMemberList         = SKOS + "memberList"
	SKOSExactMatch         = SKOS + "exactMatch"
	SKOSCloseMatch         = SKOS + "closeMatch"
	SKOSBroadMatch         = SKOS + "broadMatch"
	SKOSNarrowMatch        = SKOS + "narrowMatch"
	SKOSRelatedMatch       = SKOS + "relatedMatch"
	SKOSMappingRelation    = SKOS + "mappingRelation"
)

// SKOSXL is the namespace of SKOS eXtension for Labels.
const SKOSXL = "http://www.w3.org/2008/05/skos-xl#"

// Terms of SKOS eXtension for Labels.
const (
	SKOSXLLabel         = SKOSXL + "Label"
	SKOSXLPrefLabel     = SKOSXL + "prefLabel"
	SKOSXLAltLabel      = SKOSXL + "altLabel"
	SKOSXLHiddenLabel   = SKOSXL + "hiddenLabel"
	SKOSXLLiteralForm   = SKOSXL + "literalForm"
	SKOSXLLabelRelation = SKOSXL + "labelRelation"
)

// XKOS is the namespace of XKOS.
const XKOS = "http://rdf-vocabulary.ddialliance.org/xkos#"

// Terms of XKOS.
const (
	XKOSClassificationLevel = XKOS + "ClassificationLevel"
	XKOSCorrespondence      = XKOS + "Correspondence"
	XKOSConceptAssociation  = XKOS + "ConceptAssociation"
	XKOSLevels              = XKOS + "levels"
	XKOSDepth               = XKOS + "depth"
	XKOSNotationPattern     = XKOS + "notationPattern"
	XKOSNumberOfLevels      = XKOS + "numberOfLevels"
	XKOSOrganizedBy         = XKOS + "organizedBy"
	XKOSCovers              = XKOS + "covers"
	XKOSClassifiedUnder     = XKOS + "classifiedUnder"
	XKOSCoreContentNote     = XKOS + "coreContentNote"
	XKOSInclusionNote       = XKOS + "inclusionNote"
	XKOSExclusionNote       = XKOS + "exclusionNote"
	XKOSGeneralizes         = XKOS + "generalizes"
	XKOSSpecializes         = XKOS + "specializes"
	XKOSIsPartOf            = XKOS + "isPartOf"
	XKOSHasPart             = XKOS + "hasPart"
	XKOSFollows             = XKOS + "follows"
	XKOSSupersedes          = XKOS + "supersedes"
	XKOSVariant             = XKOS + "variant"
	XKOSMadeOf              = XKOS + "madeOf"
	XKOSCompares            = XKOS + "compares"
	XKOSSourceConcept       = XKOS + "sourceConcept"
	XKOSTargetConcept       = XKOS + "targetConcept"
)

// EUVOC is the namespace of the EU Vocabularies ontology.
const EUVOC = "http://publications.europa.eu/ontology/euvoc#"

// Terms of the EU Vocabularies ontology.
const (
	EUVOCStartDate  = EUVOC + "startDate"
	EUVOCEndDate    = EUVOC + "endDate"
	EUVOCStatus     = EUVOC + "status"
	EUVOCXlNotation = EUVOC + "xlNotation"
	EUVOCXlNote     = EUVOC + "XlNote"
)

// SKOSNO is the namespace of SKOS-AP-NO.
const SKOSNO = "https://data.norge.no/vocabulary/skosno#"

// Terms of SKOS-AP-NO.
const (
	SKOSNODefinition                 = SKOSNO + "Definition"
	SKOSNOHasDefinition              = SKOSNO + "definition"
	SKOSNOValueRange                 = SKOSNO + "valueRange"
	SKOSNOAssociativeConceptRelation = SKOSNO + "AssociativeConceptRelation"
	SKOSNOGenericConceptRelation     = SKOSNO + "GenericConceptRelation"
	SKOSNOPartitiveConceptRelation   = SKOSNO + "PartitiveConceptRelation"
	SKOSNOIsFromConceptIn            = SKOSNO + "isFromConceptIn"
	SKOSNOHasToConcept               = SKOSNO + "hasToConcept"
	SKOSNORelationRole               = SKOSNO + "relationRole"
	SKOSNORelationshipWithSource     = SKOSNO + "relationshipWithSource"
)
