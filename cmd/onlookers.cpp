// SPDX-License-Identifier: Apache-2.0
#include "onlookers.hpp"

#include <utility>

#include "session/clock.hpp"

namespace mqfail {

Onlookers::Onlookers(const Program& program, const CommonOptions& options, EventWriter& events,
                     std::string_view noun)
    : program_(program),
      options_(options),
      events_(events),
      noun_(is_for_progress(options.events) ? noun : std::string_view()),
      service_(ServiceManager::of_process()) {}

void Onlookers::join(SessionSettings& settings, bool documents) {
  if (documents && settings.read_again) {
    settings.read_again = [this, read = std::move(settings.read_again)] {
      service_.reloading(steady_now());
      read();
    };
  }
  settings.list_read = [this](ListSource source) { service_.list_read(source); };
  settings.ended = [this](int status) {
    progress_->ended();
    service_.ended();
    metrics_->ended(program_.status(status, events_.refusal()), steady_now());
  };
  events_.listen([this](const Notice& notice) { service_.noticed(notice); });
}

void Onlookers::begin(const Session& session, const Work& work) {
  session_ = &session;
  metrics_.emplace(options_.metrics_file, program_.name, session, work, events_);
  progress_.emplace(program_.name, noun_, session, work, events_, program_.started);
}

std::optional<TimePoint> Onlookers::look(TimePoint now) {
  return earlier(earlier(metrics_->look(now), service_.look(*session_, now)), progress_->look(now));
}

}  // namespace mqfail
