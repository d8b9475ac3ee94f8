/* How long the certificates of a TLS session are still valid.  One that runs out ends every run at
 * once, so `check` tells it beforehand.
 */

#include "parts/certificate.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/x509.h>

#include "parts/text.h"

#define CERTIFICATE_SECONDS_A_DAY 86400

/* False where the certificate's own date cannot be read. */
static bool certificate_seconds_left(const X509 *certificate, int64_t *ret_seconds)
{
    int days;
    int seconds;
    if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)) != 1)
        return false;
    *ret_seconds = (int64_t)days * CERTIFICATE_SECONDS_A_DAY + seconds;
    return true;
}

/* Of the server's own and those above it, as far as they were verified, the one that ends first. */
static const X509 *certificate_find_first(const SSL *ssl)
{
    const X509 *first = SSL_get0_peer_certificate(ssl);
    STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
    int64_t least = 0;
    if (first == NULL || !certificate_seconds_left(first, &least))
        return first;
    for (int i = 0; chain != NULL && i < sk_X509_num(chain); i++) {
        const X509 *above = sk_X509_value(chain, i);
        int64_t left = 0;
        if (certificate_seconds_left(above, &left) && left < least) {
            first = above;
            least = left;
        }
    }
    return first;
}

/* What OpenSSL prints; the caller frees it.  NULL if out of memory. */
static char *certificate_take_text(BIO *text)
{
    char *data = NULL;
    long length = BIO_get_mem_data(text, &data);
    return length < 0 || data == NULL ? NULL : strndup(data, (size_t)length);
}

/* "CN=server, O=...", and until when. */
static char *certificate_describe(const X509 *certificate)
{
    BIO *text = BIO_new(BIO_s_mem());
    bool printed = text != NULL &&
                   X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0,
                                      XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ) >= 0 &&
                   BIO_puts(text, ", valid until ") > 0 &&
                   ASN1_TIME_print(text, X509_get0_notAfter(certificate)) == 1;
    char *described = printed ? certificate_take_text(text) : NULL;
    BIO_free(text);
    return described;
}

static ferry_status certificate_judge(const X509 *certificate, int few, const char *subject,
                                      const char *mend, struct ferry_findings *findings,
                                      struct ferry_error *err)
{
    int64_t left = 0;
    PART_AUTO_STRING char *described = certificate_describe(certificate);
    if (described == NULL)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    if (!certificate_seconds_left(certificate, &left))
        return ferry_finding_warn(findings, err, subject, mend, "%s: a date that is none",
                                  described);
    long long days = (long long)(left / CERTIFICATE_SECONDS_A_DAY);
    if (left <= 0)
        return ferry_finding_fail(findings, err, FERRY_ERR_REFUSED, subject, mend,
                                  "%s: it has expired", described);
    if (days < few)
        return ferry_finding_warn(findings, err, subject, mend, "%s: %lld days left", described,
                                  days);
    return ferry_finding_ok(findings, err, subject, "%s: %lld days left", described, days);
}

ferry_status part_certificate_examine(const SSL *ssl, int few, struct ferry_findings *findings,
                                      struct ferry_error *err)
{
    const X509 *server = ssl == NULL ? NULL : certificate_find_first(ssl);
    const X509 *own = ssl == NULL ? NULL : SSL_get_certificate(ssl);
    ferry_status status = FERRY_OK;
    if (server != NULL)
        status =
            certificate_judge(server, few, "certificate",
                              "renew it at the server, before runs are refused", findings, err);
    if (status == FERRY_OK && own != NULL)
        status = certificate_judge(own, few, "client's certificate",
                                   "renew the file that ssl_cert names", findings, err);
    return status;
}

void part_certificate_tell(const SSL *ssl, struct ferry_facts *facts)
{
    const X509 *server = ssl == NULL ? NULL : SSL_get0_peer_certificate(ssl);
    char text[32]; /* a year of X.509 has four digits */
    struct tm moment;
    if (server != NULL && ASN1_TIME_to_tm(X509_get0_notAfter(server), &moment) == 1 &&
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000Z", &moment) > 0)
        ferry_facts_add(facts, FERRY_FACT_CERTIFICATE_ENDS, text);
}
