// Resolves a name, fetches a page over TLS from a server of its own, and reads a time zone.

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

public class Page {
    private static final char[] PASSWORD = "changeit".toCharArray();

    public static void main(String[] words) throws Exception {
        switch (words.length == 0 ? "" : words[0]) {
            case "crash" -> List.of().getFirst();
            case "pid" -> System.out.println("process " + ProcessHandle.current().pid());
            default -> {
                resolve();
                page();
                noon();
            }
        }
    }

    private static void resolve() throws IOException {
        var address = Stream.of(InetAddress.getAllByName("localhost"))
                .filter(Inet4Address.class::isInstance)
                .findFirst();
        System.out.println("localhost is " + address.orElseThrow().getHostAddress());
    }

    /** Serves one page and fetches it, over TLS, with the certificate that lies beside the class. */
    private static void page() throws Exception {
        var context = trusted();
        var server = HttpsServer.create(new InetSocketAddress("localhost", 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        server.createContext("/", exchange -> {
            var text = "a page over TLS".getBytes();
            exchange.sendResponseHeaders(200, text.length);
            try (var body = exchange.getResponseBody()) {
                body.write(text);
            }
        });
        server.start();
        try (var client = HttpClient.newBuilder().sslContext(context).build()) {
            var address = URI.create("https://localhost:" + server.getAddress().getPort());
            var answer = client.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString());
            System.out.println("got " + answer.body());
        } finally {
            server.stop(0);
        }
    }

    /** The certificate is the server's, and the only one that the client trusts. */
    private static SSLContext trusted() throws GeneralSecurityException, IOException {
        var store = KeyStore.getInstance("PKCS12");
        try (var file = Page.class.getResourceAsStream("page.p12")) {
            store.load(file, PASSWORD);
        }
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD);
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        var context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private static void noon() {
        var noon = ZonedDateTime.of(2020, 7, 1, 12, 0, 0, 0, ZoneId.of("UTC"))
                .withZoneSameInstant(ZoneId.of("Europe/Paris"));
        var text = noon.format(DateTimeFormatter.ofPattern("HH:mm 'on' EEEE", Locale.FRENCH));
        System.out.println("noon in UTC is " + text + " in Paris");
    }
}
