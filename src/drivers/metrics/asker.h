// Carries questions to their sources: libcurl for HTTP, libpq for SQL, processes for commands. Each
// question is answered once and by its deadline, whatever the source does.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "contract/command.h"
#include "drivers/metrics/question.h"

namespace slipway::metrics {

class Asker {
 public:
  // `wait`: the source asked not to be asked again for so long (429, 503).
  using Then = std::function<void(Result<Reply>, Duration wait)>;

  virtual ~Asker() = default;
  virtual void ask(const SiteId&, const MetricQuery&, const Question&, Then) = 0;
  virtual void stop() = 0;
};

struct Carriers {
  std::function<Result<Secret>(const SiteId&, const SecretRef&)> secret;
  std::function<Wall()> wall;                                    // AWS signatures carry the time
  std::vector<std::pair<std::string, std::string>> environment;  // of commands
};
std::unique_ptr<Asker> make_asker(Carriers);

// What carries one kind of question and blocks; used on threads of the asker, and by tests.
Result<Reply> ask_sql(const SqlQuestion&, Duration timeout);
Result<Reply> ask_command(const CommandQuestion&,
                          const std::vector<std::pair<std::string, std::string>>& environment,
                          Duration timeout);

}  // namespace slipway::metrics
