package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"triplestore/server"
)

// siteFlags say what the server is about and at which addresses resources are.
type siteFlags struct {
	description, publisher, publisherName string
	mappings, images                      []string
	seeOther                              bool
	maxUpload                             bytesValue
	slowQuery                             time.Duration
	publicMetrics                         bool
	metricsListen                         string
}

func (f *siteFlags) add(cmd *cobra.Command) {
	f.maxUpload = 1 << 30
	flags := cmd.Flags()
	flags.StringArrayVar(&f.mappings, "map", nil, "let IRIs that begin with PREFIX answer at a path: PREFIX=/path/; may be repeated")
	flags.StringArrayVar(&f.images, "images-from", nil, "show pictures that the data name and that are at this origin, such as https://images.example.org; may be repeated")
	flags.BoolVar(&f.seeOther, "see-other", false, "answer at the paths of resources with 303 to their descriptions, not with those themselves")
	flags.StringVar(&f.description, "description", "", "what the data are, in the catalogue at /catalog")
	flags.StringVar(&f.publisher, "publisher", "", "IRI of who publishes the data, in the catalogue")
	flags.StringVar(&f.publisherName, "publisher-name", "", "name of who publishes the data")
	flags.Var(&f.maxUpload, "max-upload", "longest document that is written to /graphs")
	flags.StringVar(&f.metricsListen, "metrics-listen", "", "another address, HOST:PORT, that answers /metrics to everyone who reaches it")
	flags.BoolVar(&f.publicMetrics, "public-metrics", false, "answer /metrics to everyone, not only to administrators")
	flags.DurationVar(&f.slowQuery, "slow-query", 10*time.Second, "log the text of queries and updates that take longer; 0 for none")
}

// apply sets what the flags say.
func (f *siteFlags) apply(c *server.Config) error {
	for _, m := range f.mappings {
		cut := strings.LastIndex(m, "=/") // a prefix may have "=" in it
		if cut < 0 {
			return usageError{fmt.Errorf("--map %s: it should be PREFIX=/path/", m)}
		}
		c.Mappings = append(c.Mappings, server.Mapping{Prefix: m[:cut], Path: m[cut+1:]})
	}
	c.ImageOrigins = f.images
	c.PublicMetrics = f.publicMetrics
	c.SeeOther, c.MaxUpload, c.SlowQuery = f.seeOther, int64(f.maxUpload), f.slowQuery
	c.Description, c.Publisher, c.PublisherName = f.description, f.publisher, f.publisherName
	return nil
}
