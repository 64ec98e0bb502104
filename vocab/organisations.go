package vocab

// FOAF is the namespace of FOAF.
const FOAF = "http://xmlns.com/foaf/0.1/"

// Terms of FOAF.
const (
	FOAFAgent            = FOAF + "Agent"
	FOAFOrganization     = FOAF + "Organization"
	FOAFPerson           = FOAF + "Person"
	FOAFGroup            = FOAF + "Group"
	FOAFDocument         = FOAF + "Document"
	FOAFImage            = FOAF + "Image"
	FOAFName             = FOAF + "name"
	FOAFMbox             = FOAF + "mbox"
	FOAFPhone            = FOAF + "phone"
	FOAFHomepage         = FOAF + "homepage"
	FOAFPage             = FOAF + "page"
	FOAFPrimaryTopic     = FOAF + "primaryTopic"
	FOAFIsPrimaryTopicOf = FOAF + "isPrimaryTopicOf"
	FOAFKnows            = FOAF + "knows"
	FOAFMember           = FOAF + "member"
	FOAFMaker            = FOAF + "maker"
	FOAFMade             = FOAF + "made"
	FOAFDepiction        = FOAF + "depiction"
	FOAFImg              = FOAF + "img"
	FOAFNick             = FOAF + "nick"
	FOAFGivenName        = FOAF + "givenName"
	FOAFFamilyName       = FOAF + "familyName"
)

// VCARD is the namespace of vCard.
const VCARD = "http://www.w3.org/2006/vcard/ns#"

// Terms of vCard.
const (
	VCARDKind                = VCARD + "Kind"
	VCARDOrganization        = VCARD + "Organization"
	VCARDIndividual          = VCARD + "Individual"
	VCARDGroup               = VCARD + "Group"
	VCARDAddress             = VCARD + "Address"
	VCARDFn                  = VCARD + "fn"
	VCARDHasEmail            = VCARD + "hasEmail"
	VCARDHasTelephone        = VCARD + "hasTelephone"
	VCARDHasURL              = VCARD + "hasURL"
	VCARDHasAddress          = VCARD + "hasAddress"
	VCARDHasUID              = VCARD + "hasUID"
	VCARDHasName             = VCARD + "hasName"
	VCARDHasOrganizationName = VCARD + "hasOrganizationName"
	VCARDHasValue            = VCARD + "hasValue"
	VCARDValue               = VCARD + "value"
	VCARDEmail               = VCARD + "email"
	VCARDNote                = VCARD + "note"
)

// ORG is the namespace of the Organization Ontology.
const ORG = "http://www.w3.org/ns/org#"

// Terms of the Organization Ontology.
const (
	ORGOrganization                = ORG + "Organization"
	ORGFormalOrganization          = ORG + "FormalOrganization"
	ORGOrganizationalUnit          = ORG + "OrganizationalUnit"
	ORGOrganizationalCollaboration = ORG + "OrganizationalCollaboration"
	ORGSite                        = ORG + "Site"
	ORGMembership                  = ORG + "Membership"
	ORGRole                        = ORG + "Role"
	ORGPost                        = ORG + "Post"
	ORGSubOrganizationOf           = ORG + "subOrganizationOf"
	ORGHasSubOrganization          = ORG + "hasSubOrganization"
	ORGUnitOf                      = ORG + "unitOf"
	ORGHasUnit                     = ORG + "hasUnit"
	ORGClassification              = ORG + "classification"
	ORGIdentifier                  = ORG + "identifier"
	ORGHasSite                     = ORG + "hasSite"
	ORGHasPrimarySite              = ORG + "hasPrimarySite"
	ORGHasRegisteredSite           = ORG + "hasRegisteredSite"
	ORGSiteAddress                 = ORG + "siteAddress"
	ORGMemberOf                    = ORG + "memberOf"
	ORGHasMember                   = ORG + "hasMember"
	ORGLinkedTo                    = ORG + "linkedTo"
)

// ROV is the namespace of the Registered Organization Vocabulary.
const ROV = "http://www.w3.org/ns/regorg#"

// Terms of the Registered Organization Vocabulary.
const (
	ROVRegisteredOrganization    = ROV + "RegisteredOrganization"
	ROVLegalName                 = ROV + "legalName"
	ROVOrgType                   = ROV + "orgType"
	ROVOrgStatus                 = ROV + "orgStatus"
	ROVOrgActivity               = ROV + "orgActivity"
	ROVRegistration              = ROV + "registration"
	ROVHasRegisteredOrganization = ROV + "hasRegisteredOrganization"
)

// CPSV is the namespace of CPSV.
const CPSV = "http://purl.org/vocab/cpsv#"

// Terms of CPSV.
const (
	CPSVPublicService    = CPSV + "PublicService"
	CPSVRule             = CPSV + "Rule"
	CPSVInput            = CPSV + "Input"
	CPSVOutput           = CPSV + "Output"
	CPSVHasInput         = CPSV + "hasInput"
	CPSVHasLegalResource = CPSV + "hasLegalResource"
	CPSVProduces         = CPSV + "produces"
	CPSVFollows          = CPSV + "follows"
	CPSVIsRealizedBy     = CPSV + "isRealizedBy"
	CPSVImplements       = CPSV + "implements"
)

// CPSVNO is the namespace of CPSV-AP-NO.
const CPSVNO = "https://data.norge.no/vocabulary/cpsvno#"

// Terms of CPSV-AP-NO.
const (
	CPSVNOService          = CPSVNO + "Service"
	CPSVNORequiredEvidence = CPSVNO + "RequiredEvidence"
)

// CV is the namespace of the SEMIC core vocabularies.
const CV = "http://data.europa.eu/m8g/"

// Terms of the SEMIC core vocabularies.
const (
	CVPublicOrganisation    = CV + "PublicOrganisation"
	CVEvent                 = CV + "Event"
	CVLifeEvent             = CV + "LifeEvent"
	CVBusinessEvent         = CV + "BusinessEvent"
	CVChannel               = CV + "Channel"
	CVContactPoint          = CV + "ContactPoint"
	CVCost                  = CV + "Cost"
	CVRequirement           = CV + "Requirement"
	CVEvidence              = CV + "Evidence"
	CVParticipation         = CV + "Participation"
	CVHasChannel            = CV + "hasChannel"
	CVHasCompetentAuthority = CV + "hasCompetentAuthority"
	CVHasContactPoint       = CV + "hasContactPoint"
	CVHasCost               = CV + "hasCost"
	CVHasLegalResource      = CV + "hasLegalResource"
	CVIsClassifiedBy        = CV + "isClassifiedBy"
	CVIsGroupedBy           = CV + "isGroupedBy"
	CVProcessingTime        = CV + "processingTime"
	CVSector                = CV + "sector"
	CVThematicArea          = CV + "thematicArea"
)

// ELI is the namespace of ELI.
const ELI = "http://data.europa.eu/eli/ontology#"

// Terms of ELI.
const (
	ELILegalResource         = ELI + "LegalResource"
	ELILegalExpression       = ELI + "LegalExpression"
	ELITypeDocument          = ELI + "type_document"
	ELIIdLocal               = ELI + "id_local"
	ELITitle                 = ELI + "title"
	ELIDateDocument          = ELI + "date_document"
	ELIFirstDateEntryInForce = ELI + "first_date_entry_in_force"
	ELIInForce               = ELI + "in_force"
)
