"""The run folder: its file names, atomic writes, claims, checkpoints, manifest, and the way back to records."""

from __future__ import annotations

from optbench.run_store.added import added_below
from optbench.run_store.atomic import (
    make_folder,
    remove_leftovers,
    require_no_link,
    storage_error,
    temporaries,
    write_bytes,
    write_text,
)
from optbench.run_store.attempts import Attempt, begin_attempt, end_attempt, last_attempt, publish_log
from optbench.run_store.checkpoints import Checkpoint, read_latest_checkpoint, write_checkpoint
from optbench.run_store.claim import Claim
from optbench.run_store.claims import Asker, Held, held_by
from optbench.run_store.contained import contained
from optbench.run_store.diagnostics import read_diagnostics, write_diagnostics
from optbench.run_store.documents import read_json, write_json
from optbench.run_store.find import (
    find_folders,
    find_runs,
    is_run_folder,
    is_runs_directory,
    named_folders,
    renamed_runs,
)
from optbench.run_store.fold_groups import FoldPaths, is_fold_group, is_of_folds, runs_of_folds
from optbench.run_store.folders import claim_run_folder, clear_state, require_writable
from optbench.run_store.histories import Histories
from optbench.run_store.holders import Holder, this_process
from optbench.run_store.index import open_index
from optbench.run_store.job import Job
from optbench.run_store.manifest import (
    Manifest,
    RunFacts,
    added_files,
    check_folder,
    read_manifest,
    replace_files,
    verify_manifest,
    write_manifest,
)
from optbench.run_store.outside import record_around, require_outside
from optbench.run_store.paths import STUDY_RECORD, VERDICTS, RunPaths, run_id
from optbench.run_store.reading import file_sha256
from optbench.run_store.run_records import read_run
from optbench.run_store.sealed import read_job, read_training_result, write_job, write_training_result
from optbench.run_store.shared_record import (
    OtherFile,
    SharedRecord,
    Why,
    read_shared,
    shared_note,
    shared_problems,
)
from optbench.run_store.status import run_status
from optbench.run_store.studies import StudyPlace, StudyTables, is_study_folder, record_places, study_places
from optbench.run_store.study_manifest import (
    StudyManifest,
    check_study_manifest,
    let_go,
    read_study_manifest,
    study_manifest_problems,
    write_study_manifest,
)
from optbench.run_store.submissions import (
    JOBS,
    Submission,
    SubmittedRun,
    new_submission,
    note_job,
    read_submission,
    submitted_runs,
)
from optbench.run_store.tables import read_history, read_predictions, write_history, write_predictions
from optbench.run_store.target_tables import read_target_predictions, write_target_predictions
from optbench.run_store.training_result import ENDS, LadderDigests, TrainingResult, TrainingTimes
from optbench.run_store.trash import move_to_trash

__all__ = [
    "ENDS",
    "JOBS",
    "STUDY_RECORD",
    "VERDICTS",
    "Asker",
    "Attempt",
    "Checkpoint",
    "Claim",
    "FoldPaths",
    "Held",
    "Histories",
    "Holder",
    "Job",
    "LadderDigests",
    "Manifest",
    "OtherFile",
    "RunFacts",
    "RunPaths",
    "SharedRecord",
    "StudyManifest",
    "StudyPlace",
    "StudyTables",
    "Submission",
    "SubmittedRun",
    "TrainingResult",
    "TrainingTimes",
    "Why",
    "added_below",
    "added_files",
    "begin_attempt",
    "check_folder",
    "check_study_manifest",
    "claim_run_folder",
    "clear_state",
    "contained",
    "end_attempt",
    "file_sha256",
    "find_folders",
    "find_runs",
    "held_by",
    "is_fold_group",
    "is_of_folds",
    "is_run_folder",
    "is_runs_directory",
    "is_study_folder",
    "last_attempt",
    "let_go",
    "make_folder",
    "move_to_trash",
    "named_folders",
    "new_submission",
    "note_job",
    "open_index",
    "publish_log",
    "read_diagnostics",
    "read_history",
    "read_job",
    "read_json",
    "read_latest_checkpoint",
    "read_manifest",
    "read_predictions",
    "read_run",
    "read_shared",
    "read_study_manifest",
    "read_submission",
    "read_target_predictions",
    "read_training_result",
    "record_around",
    "record_places",
    "remove_leftovers",
    "renamed_runs",
    "replace_files",
    "require_no_link",
    "require_outside",
    "require_writable",
    "run_id",
    "run_status",
    "runs_of_folds",
    "shared_note",
    "shared_problems",
    "storage_error",
    "study_manifest_problems",
    "study_places",
    "submitted_runs",
    "temporaries",
    "this_process",
    "verify_manifest",
    "write_bytes",
    "write_checkpoint",
    "write_diagnostics",
    "write_history",
    "write_job",
    "write_json",
    "write_manifest",
    "write_predictions",
    "write_study_manifest",
    "write_target_predictions",
    "write_text",
    "write_training_result",
]
