package vocab

// LOCN is the namespace of the ISA Location Core Vocabulary.
const LOCN = "http://www.w3.org/ns/locn#"

// Terms of the ISA Location Core Vocabulary.
const (
	LOCNAddress           = LOCN + "Address"
	LOCNGeometry          = LOCN + "Geometry"
	LOCNHasAddress        = LOCN + "address"
	LOCNFullAddress       = LOCN + "fullAddress"
	LOCNAddressArea       = LOCN + "addressArea"
	LOCNAdminUnitL1       = LOCN + "adminUnitL1"
	LOCNAdminUnitL2       = LOCN + "adminUnitL2"
	LOCNAddressId         = LOCN + "addressId"
	LOCNLocatorDesignator = LOCN + "locatorDesignator"
	LOCNLocatorName       = LOCN + "locatorName"
	LOCNPoBox             = LOCN + "poBox"
	LOCNPostCode          = LOCN + "postCode"
	LOCNPostName          = LOCN + "postName"
	LOCNThoroughfare      = LOCN + "thoroughfare"
	LOCNHasGeometry       = LOCN + "geometry"
	LOCNGeographicName    = LOCN + "geographicName"
	LOCNLocation          = LOCN + "location"
)

// GeoSPARQL is the namespace of GeoSPARQL.
const GeoSPARQL = "http://www.opengis.net/ont/geosparql#"

// Terms of GeoSPARQL.
const (
	GeoSPARQLFeature            = GeoSPARQL + "Feature"
	GeoSPARQLGeometry           = GeoSPARQL + "Geometry"
	GeoSPARQLSpatialObject      = GeoSPARQL + "SpatialObject"
	GeoSPARQLHasGeometry        = GeoSPARQL + "hasGeometry"
	GeoSPARQLHasDefaultGeometry = GeoSPARQL + "hasDefaultGeometry"
	GeoSPARQLAsWKT              = GeoSPARQL + "asWKT"
	GeoSPARQLAsGML              = GeoSPARQL + "asGML"
	GeoSPARQLAsGeoJSON          = GeoSPARQL + "asGeoJSON"
	GeoSPARQLWktLiteral         = GeoSPARQL + "wktLiteral"
	GeoSPARQLGmlLiteral         = GeoSPARQL + "gmlLiteral"
	GeoSPARQLGeoJSONLiteral     = GeoSPARQL + "geoJSONLiteral"
	GeoSPARQLHasBoundingBox     = GeoSPARQL + "hasBoundingBox"
	GeoSPARQLHasCentroid        = GeoSPARQL + "hasCentroid"
)

// WGS84 is the namespace of the WGS84 vocabulary.
const WGS84 = "http://www.w3.org/2003/01/geo/wgs84_pos#"

// Terms of the WGS84 vocabulary.
const (
	WGS84Point        = WGS84 + "Point"
	WGS84SpatialThing = WGS84 + "SpatialThing"
	WGS84Lat          = WGS84 + "lat"
	WGS84Long         = WGS84 + "long"
	WGS84Alt          = WGS84 + "alt"
)

// Time is the namespace of OWL-Time.
const Time = "http://www.w3.org/2006/time#"

// Terms of OWL-Time.
const (
	TimeInstant            = Time + "Instant"
	TimeInterval           = Time + "Interval"
	TimeProperInterval     = Time + "ProperInterval"
	TimeTemporalEntity     = Time + "TemporalEntity"
	TimeHasBeginning       = Time + "hasBeginning"
	TimeHasEnd             = Time + "hasEnd"
	TimeInXSDDate          = Time + "inXSDDate"
	TimeInXSDDateTime      = Time + "inXSDDateTime"
	TimeInXSDDateTimeStamp = Time + "inXSDDateTimeStamp"
	TimeInXSDgYear         = Time + "inXSDgYear"
	TimeInXSDgYearMonth    = Time + "inXSDgYearMonth"
)
