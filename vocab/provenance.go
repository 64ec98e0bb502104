package vocab

// PROV is the namespace of PROV-O.
const PROV = "http://www.w3.org/ns/prov#"

// Terms of PROV-O.
const (
	PROVEntity               = PROV + "Entity"
	PROVActivity             = PROV + "Activity"
	PROVAgent                = PROV + "Agent"
	PROVOrganization         = PROV + "Organization"
	PROVPerson               = PROV + "Person"
	PROVSoftwareAgent        = PROV + "SoftwareAgent"
	PROVPlan                 = PROV + "Plan"
	PROVAssociation          = PROV + "Association"
	PROVAttribution          = PROV + "Attribution"
	PROVGeneration           = PROV + "Generation"
	PROVUsage                = PROV + "Usage"
	PROVWasGeneratedBy       = PROV + "wasGeneratedBy"
	PROVGenerated            = PROV + "generated"
	PROVUsed                 = PROV + "used"
	PROVWasDerivedFrom       = PROV + "wasDerivedFrom"
	PROVWasRevisionOf        = PROV + "wasRevisionOf"
	PROVWasAttributedTo      = PROV + "wasAttributedTo"
	PROVWasAssociatedWith    = PROV + "wasAssociatedWith"
	PROVQualifiedAssociation = PROV + "qualifiedAssociation"
	PROVQualifiedAttribution = PROV + "qualifiedAttribution"
	PROVStartedAtTime        = PROV + "startedAtTime"
	PROVEndedAtTime          = PROV + "endedAtTime"
	PROVGeneratedAtTime      = PROV + "generatedAtTime"
	PROVInvalidatedAtTime    = PROV + "invalidatedAtTime"
	PROVAtTime               = PROV + "atTime"
	PROVHadPrimarySource     = PROV + "hadPrimarySource"
	PROVHadRole              = PROV + "hadRole"
	PROVValue                = PROV + "value"
)

// OA is the namespace of Web Annotation.
const OA = "http://www.w3.org/ns/oa#"

// Terms of Web Annotation.
const (
	OAAnnotation  = OA + "Annotation"
	OAHasBody     = OA + "hasBody"
	OAHasTarget   = OA + "hasTarget"
	OAMotivatedBy = OA + "motivatedBy"
)
