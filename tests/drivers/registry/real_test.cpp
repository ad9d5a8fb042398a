// Against a real registry on loopback.
#include <fmt/format.h>

#include "world.h"

namespace slipway::registry {
namespace {

using Names = World::Names;
using Wire = World::Wire;

class Real : public testing::Test {
 protected:
  // Pushes, and holds what comes back against it.
  static void there_and_back(World& world) {
    os::Outbound outbound;
    Registry registry(world.settings(), outbound);
    const Picture picture{.layer = std::string(300'000, 'x') + world.host};  // five chunks
    const Reference web = world.name("team/web:v1");
    for (const std::string* bytes : {&picture.config, &picture.layer}) {
      const auto pushed = registry.push_blob(web, digest_of(*bytes), world.file(*bytes));
      ASSERT_TRUE(pushed) << pushed.error().text;
      EXPECT_EQ(*pushed, Registry::Pushed::sent);
    }
    const auto digest = registry.push_manifest(web, kOciManifest, picture.manifest());
    ASSERT_TRUE(digest) << digest.error().text;
    const auto resolved = registry.resolve(web);
    ASSERT_TRUE(resolved) << resolved.error().text;
    EXPECT_EQ(resolved->digest, *digest);
    const auto image = registry.image(web, {"linux", "amd64", ""});
    ASSERT_TRUE(image) << image.error().text;
    const std::string to = world.path("came");
    const auto pulled = registry.pull_blob(web, image->layers.at(0).digest, to);
    ASSERT_TRUE(pulled) << pulled.error().text;
    EXPECT_EQ(os::read_file(to).value_or(""), picture.layer);
  }
};

TEST_F(Real, OpenThereAndBack) {
  World world;
  there_and_back(world);
}

TEST_F(Real, WithNameAndPassword) {
  World world(Names::asked);
  world.log_in();
  there_and_back(world);
}

TEST_F(Real, WithALoginThatAProgramKeeps) {
  World world(Names::asked);
  world.keep_login(fmt::format(
      R"(read -r place || true; [ "$place" = {} ] && [ "$1" = get ] && echo '{{"Username":"{}","Secret":"{}"}}')",
      world.host, kUser, kPassword));
  there_and_back(world);
}

TEST_F(Real, OverTlsOfAnAuthorityOfOnesOwn) {
  World world(Names::asked, Wire::tls);
  world.log_in();
  there_and_back(world);
}

TEST_F(Real, RefusalsSayWhereAndWhatMayHelpAndNeverThePassword) {
  World world(Names::asked, Wire::tls);
  os::Outbound outbound;
  const Reference web = world.name("web:v1");
  const auto refused = [&](const Settings& settings) {
    Registry registry(settings, outbound);
    const auto resolved = registry.resolve(web);
    return resolved ? Error{Fault::internal, "it was let in"} : resolved.error();
  };
  const Error nobody = refused(world.settings());
  EXPECT_EQ(nobody.fault, Fault::refused);
  EXPECT_NE(nobody.text.find("docker login " + world.host), std::string::npos) << nobody.text;
  world.log_in("a wrong one");
  const Error wrong = refused(world.settings());
  EXPECT_EQ(wrong.fault, Fault::refused);
  EXPECT_EQ(wrong.text.find("wrong one"), std::string::npos) << wrong.text;
  EXPECT_NE(wrong.text.find("docker login " + world.host), std::string::npos) << wrong.text;
  world.log_in();
  const Error unknown = refused(world.settings());
  EXPECT_EQ(unknown.fault, Fault::missing) << unknown.text;
  EXPECT_NE(unknown.text.find("registry " + world.host + ", web: looking for v1"),
            std::string::npos)
      << unknown.text;
  // Nobody vouches for it: spoken to in the clear, as it is on this machine.
  Settings strange = world.settings();
  strange.certificates.clear();
  EXPECT_NE(refused(strange).text.find("speaks TLS"), std::string::npos) << refused(strange).text;
  put(world.path("docker/config.json"), "{");
  EXPECT_NE(refused(world.settings()).text.find("docker login"), std::string::npos);
  world.keep_login("echo nonsense; exit 3");
  EXPECT_NE(refused(world.settings()).text.find("docker-credential-test ended with 3"),
            std::string::npos);
  world.log_in();
  world.end();
  const Error away = refused(world.settings());
  EXPECT_EQ(away.fault, Fault::unavailable);
  EXPECT_NE(away.text.find("cannot be reached"), std::string::npos) << away.text;
}

TEST_F(Real, AStrangeAuthorityIsNotTrusted) {
  World world(Names::open, Wire::tls), other(Names::open, Wire::tls);
  std::filesystem::copy_file(other.path("ca.pem"), world.path("certs.d/" + world.host + "/ca.crt"),
                             std::filesystem::copy_options::overwrite_existing);
  os::Outbound outbound;
  Registry registry(world.settings(), outbound);
  const auto resolved = registry.resolve(world.name("web:v1"));
  ASSERT_FALSE(resolved);
  EXPECT_EQ(resolved.error().fault, Fault::unavailable);
  EXPECT_NE(resolved.error().text.find("SSL"), std::string::npos) << resolved.error().text;
}

TEST_F(Real, ABlobIsSentOnceAndMountedElsewhere) {
  World world;
  os::Outbound outbound;
  Registry registry(world.settings(), outbound);
  const std::string bytes(1000, 'b'), file = world.file(bytes), digest = digest_of(bytes);
  const auto push = [&](const char* to, const char* from) {
    auto pushed = registry.push_blob(world.name(to), digest, file, from);
    EXPECT_TRUE(pushed) << pushed.error().text;
    return pushed.value_or(Registry::Pushed::was_there);
  };
  EXPECT_EQ(push("one", ""), Registry::Pushed::sent);
  EXPECT_EQ(push("one", ""), Registry::Pushed::was_there);
  EXPECT_EQ(push("two", "one"), Registry::Pushed::mounted);
  EXPECT_EQ(push("three", "nobody"), Registry::Pushed::sent);
  const auto other = registry.push_blob(world.name("one"), digest_of("else"), file);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().fault, Fault::invalid);
  const auto missing = registry.pull_blob(world.name("one"), digest_of("else"), world.path("to"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().fault, Fault::missing);
  EXPECT_FALSE(std::filesystem::exists(world.path("to.part")));
  EXPECT_TRUE(registry.push_blob(world.name("one"), digest_of(""), world.file("")));
}

TEST_F(Real, AnIndexATagThatMovesPagesOfTagsAndAnEnd) {
  World world;
  os::Outbound outbound;
  Registry registry(world.settings(), outbound);
  const Picture one{.layer = "one"}, two{.layer = "two"};
  std::map<std::string, std::string> digests;
  for (const Picture* p : {&one, &two}) {
    for (const std::string* b : {&p->config, &p->layer})
      ASSERT_TRUE(registry.push_blob(world.name("web"), digest_of(*b), world.file(*b)));
    digests[p->layer] =
        registry.push_manifest(world.name("web:now"), kOciManifest, p->manifest()).value_or("");
  }
  EXPECT_EQ(registry.resolve(world.name("web:now"))->digest, digests["two"]);
  EXPECT_EQ(registry.resolve(world.name("web@" + digests["one"]))->digest, digests["one"]);
  const std::string index = fmt::format(
      R"({{"schemaVersion":2,"mediaType":"{}","manifests":[{{"mediaType":"{}","digest":"{}","size":{},"platform":{{"os":"linux","architecture":"arm64","variant":"v8"}}}},{{"mediaType":"{}","digest":"{}","size":{},"platform":{{"os":"linux","architecture":"amd64"}}}}]}})",
      kOciIndex, kOciManifest, digests["one"], one.manifest().size(), kOciManifest, digests["two"],
      two.manifest().size());
  ASSERT_TRUE(registry.push_manifest(world.name("web:both"), kOciIndex, index));
  EXPECT_EQ(registry.image(world.name("web:both"), {"linux", "amd64", ""})->self.digest,
            digests["two"]);
  EXPECT_EQ(registry.image(world.name("web:both"), {"linux", "arm64", ""})->self.digest,
            digests["one"]);
  EXPECT_EQ(registry.image(world.name("web:both"), {"linux", "386", ""}).error().fault,
            Fault::missing);
  for (int i = 0; i < 105; ++i)
    ASSERT_TRUE(registry.push_manifest(world.name(fmt::format("web:t{:03}", i)), kOciManifest,
                                       one.manifest()));
  EXPECT_EQ(registry.tags(world.name("web"))->size(), 107u);
  EXPECT_EQ(registry.tags(world.name("web"), 101)->size(), 101u);
  EXPECT_EQ(registry.tags(world.name("nobody")).error().fault, Fault::missing);
  EXPECT_EQ(registry.remove(world.name("web:now")).error().fault, Fault::invalid);
  ASSERT_TRUE(registry.remove(world.name("web@" + digests["two"])));
  EXPECT_EQ(registry.resolve(world.name("web:now")).error().fault, Fault::missing);
}

}  // namespace
}  // namespace slipway::registry
