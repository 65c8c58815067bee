"""Tests that stand elsewhere and are cases of the table as well: what each promises is its name."""

from __future__ import annotations

import re
from typing import Final

from table.case import AREAS

_WHERE: Final = {
    "tests/faults/test_kill.py": {
        "kill-retrain": ("a_killed_run_leaves_the_last_good_state_and_the_next_completes",
                         "a_first_run_that_is_killed_leaves_nothing_half_made",
                         "a_step_that_was_done_before_the_kill_is_not_done_again"),
        "kill-rollback": ("a_killed_rollback_is_ended_by_the_next_or_the_doctor",),
        "concurrency": ("of_five_retrains_at_once_one_works_and_the_others_find_its_forecast",
                        "retrains_that_may_not_wait_leave_and_change_nothing"),
    },
    "tests/faults/test_store.py": {
        "concurrency": ("five_processes_opening_a_fresh_store_at_once_all_succeed", "a_second_run_waits_for_the_lock"),
        "damaged-state": ("a_database_that_cannot_be_used_is_refused_in_one_line_and_kept",),
        "untrusted-files": ("an_altered_model_is_refused_by_name_before_anything_is_read_or_run",),
        "kill-retrain": ("a_lock_that_a_dead_process_held_is_free",),
    },
    "tests/pipelines/serving/test_payload.py": {
        "serve-protocol": ("a_malformed_body_is_refused_with_the_field", "a_malformed_header_is_refused_with_its_name"),
    },
    "tests/pipelines/serving/test_work.py": {
        "serve-dos": ("too_much_work_is_refused_before_any_is_done",
                      "idle_bodies_shut_nobody_out_not_even_their_own_client",
                      "one_client_may_have_only_so_many_requests_under_way",
                      "long_questions_that_wait_leave_the_places_of_light_ones",
                      "a_null_hides_no_work_that_all_rows_share"),
    },
    "tests/pipelines/serving/test_hands.py": {
        "serve-dos": ("what_takes_too_long_is_ended_and_the_next_is_answered",
        "work_for_a_client_that_hangs_up_is_ended",
                      "a_client_waits_in_the_queue_only_so_long",
                      "a_process_that_dies_is_told_and_the_next_is_answered",
                      "hung_processes_are_ended_where_the_server_has_no_thread_to_spare",
                      "a_body_larger_than_the_line_holds_does_not_stop_the_server",
                      "stopping_ends_all_whatever_they_are_at"),
        "secrets": ("a_forecast_that_does_not_load_is_told_and_the_log_says_why_without_passwords",),
    },
    "tests/pipelines/job/test_rollback.py": {
        "champion": ("a_rollback_that_died_is_ended_by_the_next_which_goes_back_no_further",
                     "a_rollback_that_died_is_ended_by_the_doctor",
                     "a_rollback_that_died_is_ended_by_a_retrain_that_keeps_the_champion",
                     "a_rollback_that_died_before_the_alias_moved_is_begun_anew",
                     "a_rollback_that_died_before_its_reasons_were_written_gets_them",
                     "a_forecast_asked_for_beside_the_champion_stays_published",
                     "what_cannot_be_gone_back_to_is_named_and_the_champion_stays",
                     "a_version_rolled_back_from_is_not_promoted_again_on_the_same_data"),
    },
    "tests/pipelines/doctor/test_examine.py": {
        "kill-retrain": ("runs_and_models_of_a_dead_process_are_closed_and_their_files_removed",
                         "a_version_that_was_not_completed_is_deleted",
                         "a_version_that_was_not_decided_on_is_kept_as_challenger"),
        "two-versions": ("a_schema_of_another_mlflow_says_what_to_do",),
        "damaged-state": ("what_is_no_database_is_named",
                          "a_version_without_manifest_and_an_ill_or_absent_champion_are_for_a_person"),
    },
    "tests/pipelines/publish/test_publication.py": {
        "publish": ("a_folder_with_the_user_s_own_files_is_refused_and_kept", "an_out_that_is_a_file_is_refused",
                    "a_link_to_a_folder_stays_a_link", "a_folder_of_the_user_s_in_the_way_is_named_and_kept",
                    "a_mount_point_is_filled_in_place", "a_publication_that_fails_leaves_the_last_one",
                    "a_folder_whose_parent_may_not_be_written_to_is_filled_in_place",
                    "a_folder_in_tmp_that_another_owns_is_filled_in_place",
                    "the_working_directory_is_filled_in_place_and_stays_one",
                    "who_may_read_a_publication_stays_as_it_was"),
    },
    "tests/pipelines/publish/test_standing.py": {
        "publish": ("store_and_publication_in_each_other_are_refused_before_anything_is_made",
                    "what_stands_where_the_champion_is_published_stops_a_rollback_before_the_alias_moves",
                    "a_replay_publishes_nothing_and_leaves_noted_where_the_champion_is",
                    "a_copy_of_a_store_publishes_nothing_where_the_store_does",
                    "a_store_that_was_moved_publishes_where_its_publication_lies_now",
                    "the_doctor_looks_where_the_champion_is_published_wherever_it_is_asked"),
        "champion": ("a_champion_whose_run_died_before_it_said_why_stays_champion_alone",
                     "a_folder_that_is_published_to_holds_the_champion_after_every_way_of_dying"),
        "clock": ("a_champion_of_a_day_to_come_is_a_finding",),
        "damaged-state": ("a_damaged_note_of_where_the_champion_is_published_is_a_finding",
                          "what_cannot_be_put_right_is_told_beside_what_was",
                          "a_folder_that_is_no_store_is_left_as_it_is"),
    },
    "tests/pipelines/fleet/test_retraining.py": {
        "kill-rollback": ("a_rollback_that_died_is_ended_and_goes_back_no_further",),
        "champion": ("a_champion_that_cannot_be_read_for_a_moment_stays",),
        "two-versions": ("what_another_version_wrote_in_a_way_of_its_own_is_told",),
    },
    "tests/pipelines/job/test_monitor.py": {
        "champion": ("a_calm_round_publishes_what_a_round_that_died_did_not",
                     "what_stands_where_the_champion_is_published_stops_a_round_before_the_alias_moves"),
        "clock": ("a_round_on_a_day_before_the_champions_is_refused",),
    },
    "tests/pipelines/registry/test_bundle.py": {
        "two-versions": ("what_a_later_version_wrote_in_a_way_of_its_own_is_told",
                         "what_a_later_version_says_beside_the_known_is_passed_over"),
    },
    "tests/pipelines/state/test_root.py": {"environment": ("a_working_directory_that_was_removed_is_told",)},
    "tests/pipelines/test_cli.py": {
        "signals-limits": ("a_machine_that_starts_no_further_thread_is_told_with_the_remedy",),
    },
    "tests/pipelines/registry/test_model_files.py": {
        "environment": ("no_other_repository_is_asked_and_no_program_of_its_settings_is_run",),
    },
    "tests/pipelines/registry/test_former.py": {
        "two-versions": ("a_former_bundle_is_read_as_it_was",
                         "a_former_bundle_is_refused_where_another_share_model_would_answer",
                         "a_summary_of_another_make_is_refused_with_the_field"),
    },
    "tests/pipelines/state/test_output.py": {
        "environment": ("closed_streams_end_in_no_trace", "a_terminal_without_the_letters_is_told_in_those_it_has"),
    },
}  # fmt: skip
AREA_OF: Final = {
    (path, f"test_{name}"): area for path, areas in _WHERE.items() for area, names in areas.items() for name in names
}


def row_of(nodeid: str) -> tuple[str, str, str, str] | None:
    """Return area, case, promise and what is checked of a test by its id; None where it is no case."""
    found = re.fullmatch(r"(?P<path>[^:]+)::(?P<name>\w+)(?:\[(?P<values>.*)\])?", nodeid, flags=re.DOTALL)
    if found is None or (found["path"], found["name"]) not in AREA_OF:
        return None
    promise = found["name"].removeprefix("test_").replace("_", " ")
    values = re.sub(r"@\w+$", "", found["values"] or "")
    case = f"{promise}: {values}" if values else promise
    return AREA_OF[found["path"], found["name"]], case, promise, f"{found['path']}::{found['name']}"


assert set(AREA_OF.values()) <= set(AREAS)
