// SPDX-License-Identifier: Apache-2.0
// What is in a file that should be PEM, told without OpenSSL.
#include "certificates/pem.hpp"

#include <boost/test/unit_test.hpp>

using namespace mqfail;

namespace {

// Base64 of a SEQUENCE that is empty: enough for a look at the shape.
std::string block(const std::string& label, const std::string& body = "MAA=") {
  return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
}

}  // namespace

BOOST_AUTO_TEST_CASE(certificates_and_keys_are_found_among_other_text) {
  const PemContent both = look_into_pem("text\n" + block("CERTIFICATE") + block("PRIVATE KEY"));
  BOOST_TEST(both.certificate);
  BOOST_TEST(both.key);
  BOOST_TEST(!both.encrypted_key);
  BOOST_TEST(both.damaged_line == 0);
  BOOST_TEST(both.instead.empty());
  BOOST_TEST(look_into_pem("\xEF\xBB\xBF" + block("CERTIFICATE")).certificate);
  BOOST_TEST(look_into_pem(block("CERTIFICATE", " \tMA A=")).damaged_line == 0);
  BOOST_TEST(look_into_pem(block("ENCRYPTED PRIVATE KEY")).encrypted_key);
  BOOST_TEST(look_into_pem(block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nMAA=")).encrypted_key);
}

BOOST_AUTO_TEST_CASE(a_block_that_is_cut_or_holds_other_letters_is_damaged_at_its_first_line) {
  const std::string good = block("CERTIFICATE");
  BOOST_TEST(look_into_pem(good + block("CERTIFICATE", "MA-=")).damaged_line == 4);
  BOOST_TEST(look_into_pem(good + block("CERTIFICATE", "MAE=")).damaged_line == 4);
  BOOST_TEST(look_into_pem(good + "-----BEGIN CERTIFICATE-----\nMAA=\n").damaged_line == 4);
}

BOOST_AUTO_TEST_CASE(a_file_without_either_says_what_it_is) {
  BOOST_TEST(look_into_pem("").instead == "is empty");
  BOOST_TEST(look_into_pem(std::string("\x30\x00", 2)).instead == "is in DER form, not PEM");
  BOOST_TEST(look_into_pem(std::string("\x30\x03\x02\x01\x03", 5)).instead ==
             "is a PKCS#12 file, not PEM");
  BOOST_TEST(look_into_pem(block("CERTIFICATE REQUEST")).instead == "holds a certificate request");
  BOOST_TEST(look_into_pem(block("PUBLIC KEY")).instead == "holds a public key");
  BOOST_TEST(look_into_pem("hello").instead.empty());
}
