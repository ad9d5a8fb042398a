// What is asked, as bytes: the golden holds every request.
#include "drivers/registry/say.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "os/files.h"

namespace slipway::registry {
namespace {

std::string shown(const Call& call) {
  std::string out = call.method + " " + call.target + "\n";
  for (const auto& [name, value] : call.headers) out += "  " + name + ": " + value + "\n";
  if (!call.body.empty()) out += "  " + call.body + "\n";
  return out;
}

TEST(Say, EveryRequestIsAsInTheGolden) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  const Reference tag{"127.0.0.1:5000", "team/web", "v2", ""};
  const Reference pinned{"127.0.0.1:5000", "team/web", "v2", digest};
  const Challenge challenge{Challenge::Kind::bearer, "https://127.0.0.1:5001/token?a=b",
                            "the registry", "x"};
  std::string text;
  for (const Call& call :
       {head_manifest(tag), get_manifest(pinned), put_manifest(tag, kOciManifest, "{}"),
        delete_manifest(pinned), head_blob(tag, digest), get_blob(tag, digest, 0),
        get_blob(tag, digest, 4096), begin_upload(tag), mount_blob(tag, digest, "other/web"),
        send_chunk("/v2/team/web/blobs/uploads/7?_state=x", 4096, "bytes"),
        ask_upload("/v2/team/web/blobs/uploads/7"),
        end_upload("/v2/team/web/blobs/uploads/7?_state=x", digest, "rest"),
        end_upload("/v2/team/web/blobs/uploads/7", digest, ""),
        drop_upload("/v2/team/web/blobs/uploads/7"), list_tags(tag, 100),
        ask_token(challenge, scope_of(tag, false)),
        exchange_token(challenge, scope_of(tag, true), "identity+token")})
    text += shown(call);
  const std::string golden = SLIPWAY_SOURCE_DIR "/tests/drivers/registry/goldens/say.txt";
  if (std::getenv("REWRITE") != nullptr) {
    ASSERT_TRUE(os::write_file(golden, text, 0644));
  }
  EXPECT_EQ(os::read_file(golden).value_or(""), text);
}

TEST(Reference, IsReadAsTheFieldWritesIt) {
  const std::string digest = "sha256:" + std::string(64, '0');
  const auto parsed = [](const std::string& text) {
    auto r = parse_reference(text);
    return r ? *r : Reference{"refused", r.error().text, "", ""};
  };
  EXPECT_EQ(parsed("web"), (Reference{"docker.io", "library/web", "latest", ""}));
  EXPECT_EQ(parsed("web:v2"), (Reference{"docker.io", "library/web", "v2", ""}));
  EXPECT_EQ(parsed("team/web"), (Reference{"docker.io", "team/web", "latest", ""}));
  EXPECT_EQ(parsed("localhost/web"), (Reference{"localhost", "web", "latest", ""}));
  EXPECT_EQ(parsed("127.0.0.1:5000/web:v2"), (Reference{"127.0.0.1:5000", "web", "v2", ""}));
  EXPECT_EQ(parsed("Host/web"), (Reference{"Host", "web", "latest", ""}));
  EXPECT_EQ(parsed("[::1]:5000/a/b__c/d.e"), (Reference{"[::1]:5000", "a/b__c/d.e", "latest", ""}));
  EXPECT_EQ(parsed("r.example/web@" + digest), (Reference{"r.example", "web", "", digest}));
  EXPECT_EQ(parsed("r.example:1/web:v2@" + digest).text(), "r.example:1/web:v2@" + digest);
  for (const char* bad : {"",
                          ":v2",
                          "web:",
                          "WEB",
                          "web/",
                          "/web",
                          "a//b",
                          "web:-v",
                          "web@sha256:12",
                          "web@md5:0",
                          "-web",
                          "a_-b",
                          "a___b",
                          "r.example:port/web",
                          "r.example:/web",
                          "we b",
                          "web:v 2",
                          "r.example/web:v2:v3",
                          "r.example/../web",
                          "https://r.example/web"})
    EXPECT_EQ(parsed(bad).host, "refused") << bad;
  EXPECT_TRUE(is_loopback("127.0.0.1:5000"));
  EXPECT_TRUE(is_loopback("[::1]:5000"));
  EXPECT_FALSE(is_loopback("r.example:5000"));
}

}  // namespace
}  // namespace slipway::registry
