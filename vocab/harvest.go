package vocab

// HV is the namespace of what the harvest says about itself where PROV-O, DCAT and Dublin Core have no term.
const HV = "urn:x-triplestore:harvest#"

// Terms of the harvest.
const (
	HVSource         = HV + "Source"         // class: a source of the configuration
	HVRun            = HV + "Run"            // class: a run that changed something
	HVNoteClass      = HV + "Note"           // class: a remark of a run
	HVRule           = HV + "Rule"           // class: a rule of derived facts
	HVKind           = HV + "kind"           // of a source
	HVGraph          = HV + "graph"          // of a source: where its statements are
	HVState          = HV + "state"          // of a source: what it remembers, rdf:JSON
	HVFingerprint    = HV + "fingerprint"    // of a source: its section and the rewriters
	HVLastRun        = HV + "lastRun"        // of a source
	HVRefused        = HV + "refused"        // of a source: a record that another source has
	HVChecksum       = HV + "checksum"       // of a run: what was read; of a catalogue record: its statements
	HVAdded          = HV + "added"          // of a run: number of statements
	HVRemoved        = HV + "removed"        // of a run: number of statements
	HVRecords        = HV + "records"        // of a run: number of records that were read
	HVRecordsAdded   = HV + "recordsAdded"   // of a run
	HVRecordsChanged = HV + "recordsChanged" // of a run
	HVRecordsRemoved = HV + "recordsRemoved" // of a run
	HVRejected       = HV + "rejected"       // of a run: number of statements that could not be read
	HVNormalised     = HV + "normalised"     // of a run: number of statements that were put right
	HVUnmatched      = HV + "unmatched"      // of a run: number of identifiers without a canonical IRI
	HVNote           = HV + "note"           // of a run
	HVSort           = HV + "sort"           // of a note
	HVPlace          = HV + "place"          // of a note
	HVRecord         = HV + "record"         // of a note
)
