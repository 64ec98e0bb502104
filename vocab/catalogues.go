package vocab

// DCAT is the namespace of DCAT 3.
const DCAT = "http://www.w3.org/ns/dcat#"

// Terms of DCAT 3.
const (
	DCATCatalog                   = DCAT + "Catalog"
	DCATDataset                   = DCAT + "Dataset"
	DCATDatasetSeries             = DCAT + "DatasetSeries"
	DCATDataService               = DCAT + "DataService"
	DCATDistribution              = DCAT + "Distribution"
	DCATCatalogRecord             = DCAT + "CatalogRecord"
	DCATResource                  = DCAT + "Resource"
	DCATRelationship              = DCAT + "Relationship"
	DCATRole                      = DCAT + "Role"
	DCATHasDataset                = DCAT + "dataset"
	DCATService                   = DCAT + "service"
	DCATHasCatalog                = DCAT + "catalog"
	DCATRecord                    = DCAT + "record"
	DCATHasDistribution           = DCAT + "distribution"
	DCATAccessURL                 = DCAT + "accessURL"
	DCATDownloadURL               = DCAT + "downloadURL"
	DCATAccessService             = DCAT + "accessService"
	DCATEndpointURL               = DCAT + "endpointURL"
	DCATEndpointDescription       = DCAT + "endpointDescription"
	DCATServesDataset             = DCAT + "servesDataset"
	DCATMediaType                 = DCAT + "mediaType"
	DCATPackageFormat             = DCAT + "packageFormat"
	DCATCompressFormat            = DCAT + "compressFormat"
	DCATByteSize                  = DCAT + "byteSize"
	DCATKeyword                   = DCAT + "keyword"
	DCATTheme                     = DCAT + "theme"
	DCATThemeTaxonomy             = DCAT + "themeTaxonomy"
	DCATContactPoint              = DCAT + "contactPoint"
	DCATLandingPage               = DCAT + "landingPage"
	DCATStartDate                 = DCAT + "startDate"
	DCATEndDate                   = DCAT + "endDate"
	DCATBbox                      = DCAT + "bbox"
	DCATCentroid                  = DCAT + "centroid"
	DCATSpatialResolutionInMeters = DCAT + "spatialResolutionInMeters"
	DCATTemporalResolution        = DCAT + "temporalResolution"
	DCATQualifiedRelation         = DCAT + "qualifiedRelation"
	DCATHadRole                   = DCAT + "hadRole"
	DCATInSeries                  = DCAT + "inSeries"
	DCATFirst                     = DCAT + "first"
	DCATLast                      = DCAT + "last"
	DCATPrev                      = DCAT + "prev"
	DCATNext                      = DCAT + "next"
	DCATPreviousVersion           = DCAT + "previousVersion"
	DCATHasCurrentVersion         = DCAT + "hasCurrentVersion"
	DCATHasVersion                = DCAT + "hasVersion"
	DCATIsVersionOf               = DCAT + "isVersionOf"
	DCATVersion                   = DCAT + "version"
	DCATHasResource               = DCAT + "resource"
)

// DCATAP is the namespace of DCAT-AP.
const DCATAP = "http://data.europa.eu/r5r/"

// Terms of DCAT-AP.
const (
	DCATAPAvailability          = DCATAP + "availability"
	DCATAPApplicableLegislation = DCATAP + "applicableLegislation"
	DCATAPHvdCategory           = DCATAP + "hvdCategory"
)

// DCATNO is the namespace of DCAT-AP-NO.
const DCATNO = "https://data.norge.no/vocabulary/dcatno#"

// ModellDCATNO is the namespace of ModellDCAT-AP-NO.
const ModellDCATNO = "https://data.norge.no/vocabulary/modelldcatno#"

// Terms of ModellDCAT-AP-NO.
const (
	ModellDCATNOInformationModel           = ModellDCATNO + "InformationModel"
	ModellDCATNOModel                      = ModellDCATNO + "model"
	ModellDCATNOContainsModelElement       = ModellDCATNO + "containsModelElement"
	ModellDCATNOObjectType                 = ModellDCATNO + "ObjectType"
	ModellDCATNODataType                   = ModellDCATNO + "DataType"
	ModellDCATNOCodeList                   = ModellDCATNO + "CodeList"
	ModellDCATNOSimpleType                 = ModellDCATNO + "SimpleType"
	ModellDCATNOCodeElement                = ModellDCATNO + "CodeElement"
	ModellDCATNOHasProperty                = ModellDCATNO + "hasProperty"
	ModellDCATNOHasType                    = ModellDCATNO + "hasType"
	ModellDCATNOInformationModelIdentifier = ModellDCATNO + "informationModelIdentifier"
)

// ADMS is the namespace of ADMS.
const ADMS = "http://www.w3.org/ns/adms#"

// Terms of ADMS.
const (
	ADMSAsset                   = ADMS + "Asset"
	ADMSAssetDistribution       = ADMS + "AssetDistribution"
	ADMSAssetRepository         = ADMS + "AssetRepository"
	ADMSIdentifier              = ADMS + "Identifier"
	ADMSHasIdentifier           = ADMS + "identifier"
	ADMSStatus                  = ADMS + "status"
	ADMSVersionNotes            = ADMS + "versionNotes"
	ADMSSample                  = ADMS + "sample"
	ADMSRepresentationTechnique = ADMS + "representationTechnique"
	ADMSSchemaAgency            = ADMS + "schemaAgency"
	ADMSInteroperabilityLevel   = ADMS + "interoperabilityLevel"
	ADMSLast                    = ADMS + "last"
	ADMSNext                    = ADMS + "next"
	ADMSPrev                    = ADMS + "prev"
	ADMSSupportedSchema         = ADMS + "supportedSchema"
)

// DQV is the namespace of the Data Quality Vocabulary.
const DQV = "http://www.w3.org/ns/dqv#"

// Terms of the Data Quality Vocabulary.
const (
	DQVQualityAnnotation     = DQV + "QualityAnnotation"
	DQVQualityMeasurement    = DQV + "QualityMeasurement"
	DQVQualityMetadata       = DQV + "QualityMetadata"
	DQVMetric                = DQV + "Metric"
	DQVDimension             = DQV + "Dimension"
	DQVHasQualityAnnotation  = DQV + "hasQualityAnnotation"
	DQVHasQualityMeasurement = DQV + "hasQualityMeasurement"
	DQVIsMeasurementOf       = DQV + "isMeasurementOf"
	DQVComputedOn            = DQV + "computedOn"
	DQVValue                 = DQV + "value"
	DQVInDimension           = DQV + "inDimension"
)

// SPDX is the namespace of SPDX.
const SPDX = "http://spdx.org/rdf/terms#"

// Terms of SPDX.
const (
	SPDXChecksum                = SPDX + "Checksum"
	SPDXHasChecksum             = SPDX + "checksum"
	SPDXAlgorithm               = SPDX + "algorithm"
	SPDXChecksumValue           = SPDX + "checksumValue"
	SPDXChecksumAlgorithmSha1   = SPDX + "checksumAlgorithm_sha1"
	SPDXChecksumAlgorithmSha256 = SPDX + "checksumAlgorithm_sha256"
	SPDXChecksumAlgorithmMd5    = SPDX + "checksumAlgorithm_md5"
)

// VoID is the namespace of VoID.
const VoID = "http://rdfs.org/ns/void#"

// Terms of VoID.
const (
	VoIDDataset            = VoID + "Dataset"
	VoIDLinkset            = VoID + "Linkset"
	VoIDDatasetDescription = VoID + "DatasetDescription"
	VoIDTechnicalFeature   = VoID + "TechnicalFeature"
	VoIDTriples            = VoID + "triples"
	VoIDEntities           = VoID + "entities"
	VoIDClasses            = VoID + "classes"
	VoIDProperties         = VoID + "properties"
	VoIDDistinctSubjects   = VoID + "distinctSubjects"
	VoIDDistinctObjects    = VoID + "distinctObjects"
	VoIDDocuments          = VoID + "documents"
	VoIDDataDump           = VoID + "dataDump"
	VoIDSparqlEndpoint     = VoID + "sparqlEndpoint"
	VoIDUriSpace           = VoID + "uriSpace"
	VoIDUriLookupEndpoint  = VoID + "uriLookupEndpoint"
	VoIDVocabulary         = VoID + "vocabulary"
	VoIDSubset             = VoID + "subset"
	VoIDClassPartition     = VoID + "classPartition"
	VoIDPropertyPartition  = VoID + "propertyPartition"
	VoIDExampleResource    = VoID + "exampleResource"
	VoIDRootResource       = VoID + "rootResource"
	VoIDLinkPredicate      = VoID + "linkPredicate"
	VoIDObjectsTarget      = VoID + "objectsTarget"
	VoIDSubjectsTarget     = VoID + "subjectsTarget"
	VoIDTarget             = VoID + "target"
	VoIDFeature            = VoID + "feature"
	VoIDInDataset          = VoID + "inDataset"
)

// SD is the namespace of the SPARQL 1.1 service description.
const SD = "http://www.w3.org/ns/sparql-service-description#"

// Terms of the SPARQL 1.1 service description.
const (
	SDService                 = SD + "Service"
	SDDataset                 = SD + "Dataset"
	SDGraph                   = SD + "Graph"
	SDNamedGraph              = SD + "NamedGraph"
	SDGraphCollection         = SD + "GraphCollection"
	SDLanguage                = SD + "Language"
	SDFunction                = SD + "Function"
	SDAggregate               = SD + "Aggregate"
	SDEntailmentRegime        = SD + "EntailmentRegime"
	SDEndpoint                = SD + "endpoint"
	SDFeature                 = SD + "feature"
	SDDefaultDataset          = SD + "defaultDataset"
	SDDefaultGraph            = SD + "defaultGraph"
	SDHasNamedGraph           = SD + "namedGraph"
	SDName                    = SD + "name"
	SDHasGraph                = SD + "graph"
	SDResultFormat            = SD + "resultFormat"
	SDInputFormat             = SD + "inputFormat"
	SDSupportedLanguage       = SD + "supportedLanguage"
	SDLanguageExtension       = SD + "languageExtension"
	SDExtensionFunction       = SD + "extensionFunction"
	SDExtensionAggregate      = SD + "extensionAggregate"
	SDAvailableGraphs         = SD + "availableGraphs"
	SDPropertyFeature         = SD + "propertyFeature"
	SDDefaultEntailmentRegime = SD + "defaultEntailmentRegime"
	SDSPARQL10Query           = SD + "SPARQL10Query"
	SDSPARQL11Query           = SD + "SPARQL11Query"
	SDSPARQL11Update          = SD + "SPARQL11Update"
	SDDereferencesURIs        = SD + "DereferencesURIs"
	SDUnionDefaultGraph       = SD + "UnionDefaultGraph"
	SDRequiresDataset         = SD + "RequiresDataset"
	SDEmptyGraphs             = SD + "EmptyGraphs"
	SDBasicFederatedQuery     = SD + "BasicFederatedQuery"
)

// Schema is the namespace of schema.org.
const Schema = "http://schema.org/"

// Terms of schema.org.
const (
	SchemaDataset        = Schema + "Dataset"
	SchemaDataCatalog    = Schema + "DataCatalog"
	SchemaDataDownload   = Schema + "DataDownload"
	SchemaOrganization   = Schema + "Organization"
	SchemaPerson         = Schema + "Person"
	SchemaPlace          = Schema + "Place"
	SchemaThing          = Schema + "Thing"
	SchemaName           = Schema + "name"
	SchemaDescription    = Schema + "description"
	SchemaUrl            = Schema + "url"
	SchemaIdentifier     = Schema + "identifier"
	SchemaKeywords       = Schema + "keywords"
	SchemaLicense        = Schema + "license"
	SchemaPublisher      = Schema + "publisher"
	SchemaCreator        = Schema + "creator"
	SchemaDatePublished  = Schema + "datePublished"
	SchemaDateModified   = Schema + "dateModified"
	SchemaDistribution   = Schema + "distribution"
	SchemaContentUrl     = Schema + "contentUrl"
	SchemaEncodingFormat = Schema + "encodingFormat"
	SchemaSameAs         = Schema + "sameAs"
)
