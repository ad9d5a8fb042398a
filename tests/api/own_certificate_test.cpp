#include "api/own_certificate.h"

#include <gtest/gtest.h>

#include "os/files.h"

namespace slipway::api {
namespace {

TEST(OwnCertificate, StaysAsLongAsItHoldsForItsNames) {
  os::TempDir folder;
  const std::string place = (folder.path() / "tls").string();
  const auto pem = [&] { return os::read_file(folder.path() / "tls" / "agent.pem").value(); };
  ASSERT_TRUE(keep_own_certificate(place, {"localhost", "127.0.0.1", "::1"}));
  const std::string first = pem();
  EXPECT_TRUE(first.starts_with("-----BEGIN CERTIFICATE-----"));
  ASSERT_TRUE(keep_own_certificate(place, {"127.0.0.1", "localhost"}));
  EXPECT_EQ(pem(), first);
  ASSERT_TRUE(keep_own_certificate(place, {"localhost", "deploy.example.com"}));
  EXPECT_NE(pem(), first) << "another name";
  ASSERT_TRUE(os::write_file(folder.path() / "tls" / "agent.pem", "nonsense"));
  ASSERT_TRUE(keep_own_certificate(place, {"localhost"}));
  EXPECT_TRUE(pem().starts_with("-----BEGIN CERTIFICATE-----"));
  EXPECT_FALSE(keep_own_certificate(place, {"no name, nor,an address"}));
}

TEST(OwnCertificate, TheHostOfAnAddress) {
  for (const auto& [address, host] : {std::pair{"https://deploy.example.com", "deploy.example.com"},
                                      {"https://deploy.example.com:7411/x", "deploy.example.com"},
                                      {"10.0.0.5:7411", "10.0.0.5"},
                                      {"[fd00::1]:7411", "fd00::1"},
                                      {"https://[fd00::1]", "fd00::1"},
                                      {"0.0.0.0:7411", ""},
                                      {"[::]:7411", ""},
                                      {"", ""}})
    EXPECT_EQ(host_called(address), host) << address;
}

}  // namespace
}  // namespace slipway::api
