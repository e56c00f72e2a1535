"use strict";
// Names that clients look up and hardly use, or not at all in what the stand-in is for. Found, they
// keep the console free of complaints, so that a complaint means something.
(() => {
  const { define } = StandIn;
  const nothing = () => undefined;
  const quiet = (id, members) =>
    define(id, [], (global, require, a, b, c, module, exports) => Object.assign(exports, members));
  const no = () => false;
  quiet("WAWebGetEphemeralFieldsMsgActionsUtils", { getEphemeralFields: () => ({}) });
  quiet("WAWebSyncGatingUtils", { isPlaceholderMessageResendEnabled: no });
  quiet("WALinkify", { findLink: nothing, findLinks: () => [], findFirstWebLink: nothing });
  quiet("WAWebUpdateUnreadChatAction", { sendSeen: async () => undefined, markUnread: async () => undefined });
  quiet("WAWebChatSearchQuery", {
    SearchQuery: class {
      updateLabelQuery() {}
    },
  });
  quiet("WAWebChatGetters", {
    getIsNewsletter: (chat) => chat.id.isNewsletter(),
    getIsBroadcast: (chat) => chat.id.isBroadcast(),
    getShouldAppearInList: () => true,
    getPreviewMessage: nothing,
    getShowChangeNumberNotification: no,
    getHasUnread: (chat) => chat.unreadCount > 0,
  });
  quiet("WAWebContactGetters", {
    getNotifyName: nothing,
    getPremiumMessageName: nothing,
    getUserid: (contact) => contact.id.user,
    getUserhash: nothing,
    getIsMe: no,
    getIsUser: (contact) => contact.id.isUser(),
    getIsGroup: (contact) => contact.id.isGroup(),
    getIsWAContact: () => true,
    getVerifiedName: nothing,
    getVerifiedLevel: nothing,
    getStatusMute: no,
    getName: (contact) => contact.name,
    getShortName: (contact) => contact.name,
    getPushname: (contact) => contact.pushname,
    getIsEnterprise: no,
    getIsBroadcast: no,
    getIsNewsletter: no,
    getIsPSA: no,
    getIsIAS: no,
    getIsSupportAccount: no,
    getCanRequestPhoneNumber: no,
    getShowBusinessCheckmarkAsPrimary: no,
    getShowBusinessCheckmarkAsSecondary: no,
    getShowBusinessCheckmarkInChatlist: no,
    getIsDisplayNameApproved: no,
    getShouldForceBusinessUpdate: no,
  });
  quiet("WAWebFrontendContactGetters", {
    getIsMyContact: no,
    getMentionName: nothing,
    getSearchVerifiedName: nothing,
    getHeader: nothing,
    getDisplayName: (contact) => contact.name,
    getPnForLid: nothing,
    getPhoneNumber: nothing,
    getTextStatusString: nothing,
    getUserDisplayNameForLid: nothing,
    getFormattedShortNameWithNonBreakingSpaces: (contact) => contact.name,
    getFormattedShortName: (contact) => contact.name,
    getFormattedName: (contact) => contact.name,
    getFormattedUser: (contact) => contact.id.user,
    getSearchName: (contact) => contact.name,
    getFormattedPhone: (contact) => `+${contact.id.user}`,
  });
  quiet("WAWebUserPrefsGeneral", {
    getTheme: () => "light",
    setTheme: nothing,
    getAutoDownloadPhotos: no,
    setAutoDownloadPhotos: nothing,
  });

  quiet("WAWebLid1X1MigrationGating", { Lid1X1MigrationUtils: { isLidMigrated: no } });

  // wa-js wraps these once the page is ready; none of them is called here.
  for (const [id, ...names] of [
    ["WAWebE2EProtoGenerator", "createMsgProtobuf"],
    ["WAWebE2EProtoUtils", "typeAttributeFromProtobuf"],
    ["WAWebBackendJobsCommon", "mediaTypeFromProtobuf", "encodeMaybeMediaType"],
    ["WAWebSendMsgJob", "encryptAndSendMsg"],
    ["WAWebCreateFanoutStanza", "createFanoutMsgStanza"],
    ["WAWebDBUpdateGroup", "updateDBForGroupAction"],
    ["WAWebABProps", "getABPropConfigValue"],
    ["WAWebMinimalLinkPreview", "genMinimalLinkPreview"],
    ["WAWebGenerateVideoThumbs", "generateVideoThumbsAndDuration"],
    ["WAWebProcessRawSticker", "processRawSticker"],
    ["WAWebUploadMedia", "uploadMedia"],
    ["WAWebPinnedChats", "getNumChatsPinned"],
    ["WAWebLabelCollectionUtils", "addToLabelCollection", "removeLabelFromCollection"],
    ["WAWebUpsertVotes", "upsertVotes"],
    ["WAWebReactionsModelCollection", "addOrUpdateReactionsModelCollection"],
    ["WAWebHandleSingleMsg", "handleSingleMsg"],
    ["WAWebPrimaryFeatures", "primaryFeatureEnabled"],
    ["WAWebUnreadTypeMsg", "isUnreadTypeMsg"],
    ["WAWebCreateChatRecord", "createChatRecord"],
    ["WAWebInboxFilters", "isFilterExcludedFromSearchTreatmentInInboxFlow"],
  ]) {
    quiet(id, Object.fromEntries(names.map((name) => [name, () => undefined])));
  }
})();
