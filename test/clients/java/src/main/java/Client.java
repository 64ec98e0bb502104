import java.util.ArrayList;
import java.util.List;
import org.apache.jena.atlas.web.HttpException;
import org.apache.jena.http.auth.AuthEnv;
import org.apache.jena.query.Dataset;
import org.apache.jena.query.DatasetFactory;
import org.apache.jena.query.QueryExecution;
import org.apache.jena.query.QuerySolution;
import org.apache.jena.rdf.model.Model;
import org.apache.jena.rdf.model.ModelFactory;
import org.apache.jena.rdf.model.Resource;
import org.apache.jena.rdfconnection.RDFConnection;
import org.apache.jena.rdfconnection.RDFConnectionRemote;
import org.apache.jena.riot.Lang;
import org.apache.jena.riot.RDFDataMgr;
import org.apache.jena.riot.RDFFormat;
import org.apache.jena.sparql.engine.http.QueryExceptionHTTP;
import org.apache.jena.sparql.exec.http.QueryExecutionHTTP;
import org.apache.jena.sparql.exec.http.QuerySendMode;
import org.apache.jena.vocabulary.DCTerms;

/** Apache Jena's RDFConnection against a running triplestore: the ordinary work of it. See ../run.sh. */
public class Client {
    static final String PREFIX = "PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX dct: <http://purl.org/dc/terms/> ";
    static final String GRAPH = "https://example.org/graph/java";
    static int checks = 0;

    static void check(boolean ok, String what) {
        checks++;
        if (!ok) {
            System.err.println("java: " + what);
            System.exit(1);
        }
    }

    public static void main(String[] args) {
        String url = System.getenv("URL"), token = System.getenv("TOKEN");
        var remote = RDFConnectionRemote.newBuilder().destination(url).queryEndpoint("sparql").updateEndpoint("update").gspEndpoint("graphs");
        try (RDFConnection anonymous = remote.build()) {
            queries(anonymous, url);
            try {
                anonymous.update("CLEAR ALL");
                check(false, "an update without the token is carried out");
            } catch (HttpException e) {
                check(e.getStatusCode() == 401, "an update without the token: " + e.getStatusCode());
            }
        }
        AuthEnv.get().setBearerToken(url + "/update", token);
        AuthEnv.get().setBearerToken(url + "/graphs", token);
        try (RDFConnection connection = remote.build()) {
            changes(connection);
            rdf12(connection);
        }
        Model description = RDFDataMgr.loadModel(url + "/.well-known/void");
        check(description.size() > 3, "VoID, read by its address");
        System.out.println("java: " + checks + " checks with RDFConnection of Apache Jena");
    }

    static void queries(RDFConnection c, String url) {
        List<String> datasets = new ArrayList<>();
        c.querySelect(PREFIX + "SELECT ?d ?t { ?d a dcat:Dataset ; dct:title ?t } ORDER BY ?d LIMIT 5", (QuerySolution row) -> {
            check(!row.getLiteral("t").getLanguage().isEmpty(), "the language of a title");
            datasets.add(row.getResource("d").getURI());
        });
        check(datasets.size() == 5, "SELECT: " + datasets);
        check(c.queryAsk(PREFIX + "ASK { ?d a dcat:Dataset }"), "ASK");
        check(c.queryConstruct(PREFIX + "CONSTRUCT WHERE { ?d a dcat:Dataset ; dct:title ?t }").size() > 5, "CONSTRUCT");
        check(c.queryDescribe("DESCRIBE <" + datasets.get(0) + ">").size() > 3, "DESCRIBE");
        for (QuerySendMode mode : List.of(QuerySendMode.asGetAlways, QuerySendMode.asPost, QuerySendMode.asPostForm)) {
            for (String accept : List.of("application/sparql-results+json", "application/sparql-results+xml", "text/tab-separated-values", "text/csv")) {
                try (QueryExecution q = QueryExecutionHTTP.service(url + "/sparql").query(PREFIX + "SELECT ?d { ?d a dcat:Dataset } LIMIT 4").sendMode(mode)
                        .acceptHeader(accept).build()) {
                    int rows = 0;
                    for (var r = q.execSelect(); r.hasNext(); r.next()) {
                        rows++;
                    }
                    check(rows == 4, mode + " " + accept + ": " + rows);
                }
            }
        }
        try (QueryExecution q = QueryExecutionHTTP.service(url + "/sparql").queryString("SELECT WHERE").build()) {
            q.execSelect();
            check(false, "a mistake is no error");
        } catch (QueryExceptionHTTP e) {
            check(e.getStatusCode() == 400 && e.getResponse().contains("\"line\":1"), "a mistake: " + e.getStatusCode() + " " + e.getResponse());
        }
    }

    static void changes(RDFConnection c) {
        c.update("INSERT DATA { GRAPH <" + GRAPH + "> { <https://example.org/a> <http://purl.org/dc/terms/title> 'Blåbær'@nb } }");
        check(c.queryAsk("ASK { GRAPH <" + GRAPH + "> { ?s ?p 'Blåbær'@nb } }"), "update");
        Model model = ModelFactory.createDefaultModel();
        Resource blank = model.createResource().addProperty(DCTerms.title, "inni", "nn");
        model.createResource("https://example.org/b").addProperty(DCTerms.relation, blank).addLiteral(DCTerms.extent, 12L);
        c.put(GRAPH, model);
        check(c.fetch(GRAPH).isIsomorphicWith(model), "put and fetch");
        c.load(GRAPH, ModelFactory.createDefaultModel().add(model.createResource("https://example.org/c"), DCTerms.title, "c"));
        check(c.fetch(GRAPH).size() == 4, "load");
        Dataset all = c.fetchDataset();
        check(all.getNamedModel(GRAPH).size() == 4 && !all.getDefaultModel().isEmpty(), "fetchDataset");
        Dataset more = DatasetFactory.create();
        more.addNamedModel(GRAPH + "/2", model);
        c.loadDataset(more);
        check(c.fetch(GRAPH + "/2").isIsomorphicWith(model), "loadDataset");
        c.delete(GRAPH + "/2");
        c.delete(GRAPH);
        check(!c.queryAsk("ASK { GRAPH <" + GRAPH + "> { ?s ?p ?o } }"), "delete");
    }

    static void rdf12(RDFConnection c) {
        c.update("PREFIX : <https://example.org/> PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> "
                + "INSERT DATA { GRAPH <" + GRAPH + "> { :r rdf:reifies <<( :s :p 'o' )>> . :x :says 'hei'@nb--ltr } }");
        c.querySelect("SELECT ?t { GRAPH <" + GRAPH + "> { ?r <http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies> ?t } }", (QuerySolution row) -> check(
                row.get("t").asNode().isTripleTerm() && row.get("t").asNode().getTriple().getObject().getLiteralLexicalForm().equals("o"), "a triple term"));
        check(c.fetch(GRAPH).size() == 2, "a graph with a triple term");
        c.delete(GRAPH);
    }
}
