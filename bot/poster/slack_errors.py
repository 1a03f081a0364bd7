"""What follows from each error name of the methods in use, after Slack's documentation of each:
https://docs.slack.dev/reference/methods

A name that is not here is new. Such a message is said elsewhere where there is such a place, and
the name is counted and logged, so that somebody adds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto


class Verdict(Enum):
    """What to do about a failed call.

    `LIMITED`: wait as long as Slack says. `AWAY`: try again. `UNREADABLE`: say it plainer, as text
    alone. `GONE`: the message is not there any more. `FROZEN`: nobody may edit it. `NOT_HERE`: say
    it elsewhere. `STOPPED`: tell the operator, and wait for them.
    """

    LIMITED = auto()
    AWAY = auto()
    UNREADABLE = auto()
    GONE = auto()
    FROZEN = auto()
    NOT_HERE = auto()
    STOPPED = auto()


_NAMES: Mapping[Verdict, str] = {
    Verdict.LIMITED: "ratelimited rate_limited message_limit_exceeded",
    Verdict.AWAY: """
        external_channel_migrating fatal_error file_update_failed hash_conflict internal_error
        request_timeout service_unavailable streaming_state_conflict team_added_to_org timeout
        update_failed
    """,
    Verdict.UNREADABLE: """
        attachment_payload_limit_exceeded block_mismatch duplicate_external_id invalid_arg_name
        invalid_arguments invalid_array_arg invalid_attachments invalid_blocks invalid_blocks_format
        invalid_charset invalid_form_data invalid_metadata_format invalid_metadata_schema
        invalid_post_type markdown_text_conflict metadata_must_be_sent_from_app metadata_too_large
        missing_argument missing_post_type msg_blocks_too_long msg_too_long no_text
        too_many_attachments too_many_contact_cards view_too_large
    """,
    Verdict.GONE: "message_not_found",
    Verdict.FROZEN: """
        cant_broadcast_message cant_update_message edit_window_closed
        no_dual_broadcast_content_update
    """,
    Verdict.NOT_HERE: """
        as_user_not_supported cannot_reply_to_message channel_is_limited_access channel_not_found
        channels_limit_exceeded draft_already_deleted draft_already_sent draft_has_conflict
        draft_not_found duplicate_channel_not_found duplicate_message_not_found invalid_channel
        invalid_thread_ts invalid_user_combination is_archived is_inactive messages_tab_disabled
        method_not_supported_for_channel_type missing_profile_id not_enabled not_enough_users
        not_implemented not_in_channel posting_to_channel_denied restricted_action
        restricted_action_non_threadable_channel restricted_action_read_only_channel
        restricted_action_thread_locked restricted_action_thread_only_channel
        send_on_behalf_not_allowed slack_connect_canvas_sharing_blocked
        slack_connect_lists_sharing_blocked team_not_found thread_not_found too_many_users
        user_disabled user_not_found user_not_in_channel user_not_visible users_list_not_supplied

        alt_txt_too_large blocked_file_type file_deleted file_is_deleted file_not_found
        file_share_limit_reached file_type_not_allowed file_upload_size_restricted
        file_uploads_disabled file_uploads_except_images_disabled max_file_sharing_exceeded
        missing_file_data slack_connect_blocked_file_type slack_connect_clip_sharing_blocked
        slack_connect_file_link_sharing_blocked slack_connect_file_upload_sharing_blocked
        snippet_too_large storage_limit_reached unable_to_share_files unknown_snippet_type
        unknown_subtype

        exchanged_trigger_id expired_trigger_id invalid_trigger_id

        invalid_cursor no_such_subteam plan_upgrade_required
    """,
    Verdict.STOPPED: """
        access_denied accesslimited account_inactive app_access_restricted deprecated_endpoint
        ekm_access_denied enterprise_is_restricted invalid_auth is_bot method_deprecated
        missing_scope no_permission not_allowed_token_type not_authed org_login_required
        team_access_not_granted token_expired token_revoked two_factor_setup_required unknown_method
    """,
}

WHAT_FOLLOWS: Mapping[str, Verdict] = {
    name: verdict for verdict, names in _NAMES.items() for name in names.split()
}
"""Each error name that is known, and what to do about it."""
